import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A wrong AppSecret is 40125',
  source: 'Web authorization',
  sure: 'documented',
  async holds({ get, webCode, website }) {
    const query = { code: await webCode(website, 'snsapi_login'), grant_type: 'authorization_code' }
    const app = { ...website, secret: 'f'.repeat(32) }
    assertRefused(await get('/sns/oauth2/access_token', { ...app, ...query }), 40125)
  },
}
