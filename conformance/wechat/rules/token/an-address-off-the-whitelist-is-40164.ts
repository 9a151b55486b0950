import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A caller whose address is not on the whitelist is told 40164',
  source: 'getAccessToken',
  sure: 'documented',
  async holds({ get, miniProgram, turn }) {
    await turn(miniProgram, { ip_whitelist: ['203.0.113.7'] })
    const query = { ...miniProgram, grant_type: 'client_credential' }
    assertRefused(await get('/cgi-bin/token', query), 40164)
  },
}
