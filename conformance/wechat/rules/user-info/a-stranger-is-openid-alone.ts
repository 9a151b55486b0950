import type { Rule } from '../../kit/rule.ts'
import { assertShape, exactly, optional, unionid } from '../../kit/shape.ts'

export const rule: Rule = {
  title:
    'Of a person who does not follow, WeChat says subscribe 0, the openid and a unionid, no more',
  source: 'getUserInfo of service accounts',
  sure: 'documented',
  async holds({ get, accessToken, webTokens, serviceAccount }) {
    const { openid: id = '' } = await webTokens(serviceAccount, 'snsapi_base')
    const query = { access_token: await accessToken(serviceAccount), openid: id, lang: 'zh_CN' }
    const { json } = await get('/cgi-bin/user/info', query)
    assertShape(json, { subscribe: exactly(0), openid: exactly(id), unionid: optional(unionid) })
  },
}
