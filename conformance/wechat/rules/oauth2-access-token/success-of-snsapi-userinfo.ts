import type { Rule } from '../../kit/rule.ts'
import { assertShape, exactly, openid, optional, unionid, userToken } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A code of snsapi_userinfo is worth tokens, an openid, the scope and a unionid',
  source: 'Web authorization',
  sure: 'documented',
  async holds({ get, webCode, serviceAccount }) {
    const query = {
      code: await webCode(serviceAccount, 'snsapi_userinfo'),
      grant_type: 'authorization_code',
    }
    const { json } = await get('/sns/oauth2/access_token', { ...serviceAccount, ...query })
    assertShape(json, {
      access_token: userToken,
      expires_in: exactly(7200),
      refresh_token: userToken,
      openid,
      scope: exactly('snsapi_userinfo'),
      unionid: optional(unionid),
    })
  },
}
