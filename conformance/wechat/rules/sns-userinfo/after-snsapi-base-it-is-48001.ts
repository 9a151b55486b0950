import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A token of snsapi_base is 48001 here',
  source: 'Web authorization',
  sure: 'documented',
  async holds({ get, webTokens, serviceAccount }) {
    const { access_token = '', openid = '' } = await webTokens(serviceAccount, 'snsapi_base')
    assertRefused(await get('/sns/userinfo', { access_token, openid, lang: 'zh_CN' }), 48001)
  },
}
