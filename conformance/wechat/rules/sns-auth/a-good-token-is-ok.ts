import type { Rule } from '../../kit/rule.ts'
import { assertOk } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A good token and its openid are errcode 0',
  source: 'Web authorization',
  sure: 'documented',
  async holds({ get, webTokens, website }) {
    const { access_token = '', openid = '' } = await webTokens(website, 'snsapi_login')
    assertOk(await get('/sns/auth', { access_token, openid }))
  },
}
