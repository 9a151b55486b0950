import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A code of a service account lives 5 minutes',
  source: 'Web authorization',
  sure: 'documented',
  async holds({ get, webCode, serviceAccount, waitSeconds }) {
    const code = await webCode(serviceAccount, 'snsapi_base')
    await waitSeconds(300)
    const query = { ...serviceAccount, code, grant_type: 'authorization_code' }
    assertRefused(await get('/sns/oauth2/access_token', query), 40029, 42003)
  },
}
