import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A wrong AppSecret is 40125, or 40001 as it once was',
  source: 'getAccessToken',
  sure: 'documented',
  async holds({ get, miniProgram, turn }) {
    const query = { ...miniProgram, secret: 'f'.repeat(32), grant_type: 'client_credential' }
    assertRefused(await get('/cgi-bin/token', query), 40125)
    await turn(miniProgram, { wrong_secret_errcode: 40001 })
    assertRefused(await get('/cgi-bin/token', query), 40001)
  },
}
