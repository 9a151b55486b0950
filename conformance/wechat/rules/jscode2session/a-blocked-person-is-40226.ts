import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A person of high risk is 40226',
  source: 'code2Session',
  sure: 'documented',
  async holds({ get, miniProgram, login, turn }) {
    await turn(miniProgram, { blocked: ['li-hua'] })
    const query = { js_code: await login(), grant_type: 'authorization_code' }
    assertRefused(await get('/sns/jscode2session', { ...miniProgram, ...query }), 40226)
  },
}
