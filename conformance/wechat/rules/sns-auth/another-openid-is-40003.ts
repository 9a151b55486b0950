import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: "Another openid than the token's is 40003",
  source: 'Web authorization',
  sure: 'documented',
  async holds({ get, webTokens, website }) {
    const { access_token = '' } = await webTokens(website, 'snsapi_login')
    const { openid = '' } = await webTokens(website, 'snsapi_login', 'wang-fang')
    assertRefused(await get('/sns/auth', { access_token, openid }), 40003)
  },
}
