import type { Rule } from '../../kit/rule.ts'
import { assertShape, between, exactly, optional, unionid, userToken } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A refresh_token is worth an access_token, with no secret sent',
  source: 'Web authorization',
  sure: 'documented',
  async holds({ get, webTokens, website }) {
    const { refresh_token = '', openid: id } = await webTokens(website, 'snsapi_login')
    const query = { appid: website.appid, grant_type: 'refresh_token', refresh_token }
    const { json } = await get('/sns/oauth2/refresh_token', query)
    assertShape(json, {
      access_token: userToken,
      expires_in: between(1, 7200),
      refresh_token: userToken,
      openid: exactly(id),
      scope: exactly('snsapi_login'),
      unionid: optional(unionid),
    })
  },
}
