import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'Another grant_type than client_credential is 40002',
  source: 'getAccessToken',
  sure: 'documented',
  async holds({ get, miniProgram }) {
    assertRefused(await get('/cgi-bin/token', { ...miniProgram, grant_type: 'password' }), 40002)
  },
}
