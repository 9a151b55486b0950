import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A GET is 43002',
  source: 'getStableAccessToken',
  sure: 'documented',
  async holds({ get, miniProgram }) {
    assertRefused(
      await get('/cgi-bin/stable_token', { ...miniProgram, grant_type: 'client_credential' }),
      43002,
    )
  },
}
