import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A frozen AppSecret is 40243',
  source: 'Return codes',
  sure: 'documented',
  async holds({ get, miniProgram, login, turn }) {
    await turn(miniProgram, { secret_frozen: true })
    const query = { js_code: await login(), grant_type: 'authorization_code' }
    assertRefused(await get('/sns/jscode2session', { ...miniProgram, ...query }), 40243)
  },
}
