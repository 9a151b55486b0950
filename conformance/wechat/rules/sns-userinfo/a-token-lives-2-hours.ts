import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: "A person's token lives 2 hours",
  source: 'Web authorization',
  sure: 'documented',
  async holds({ get, webTokens, website, waitSeconds }) {
    const { access_token = '', openid = '' } = await webTokens(website, 'snsapi_login')
    await waitSeconds(7200)
    assertRefused(await get('/sns/userinfo', { access_token, openid }), 42001, 40001, 40014)
  },
}
