import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: "An access_token of a person's, from /sns, opens nothing of the app's",
  source: 'Web authorization',
  sure: 'documented',
  async holds({ get, webTokens, serviceAccount }) {
    const { access_token = '', openid = '' } = await webTokens(serviceAccount, 'snsapi_base')
    assertRefused(await get('/cgi-bin/user/info', { access_token, openid }), 40001, 40014)
  },
}
