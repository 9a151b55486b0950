import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A code that was exchanged before is 40163',
  source: 'Web authorization',
  sure: 'documented',
  async holds({ get, webCode, website }) {
    const query = {
      ...website,
      code: await webCode(website, 'snsapi_login'),
      grant_type: 'authorization_code',
    }
    await get('/sns/oauth2/access_token', query)
    assertRefused(await get('/sns/oauth2/access_token', query), 40163)
  },
}
