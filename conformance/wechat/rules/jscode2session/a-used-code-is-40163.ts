import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A code that was exchanged before is 40163',
  source: 'developers who exchanged twice',
  sure: 'seen',
  async holds({ get, miniProgram, login }) {
    const query = { ...miniProgram, js_code: await login(), grant_type: 'authorization_code' }
    await get('/sns/jscode2session', query)
    assertRefused(await get('/sns/jscode2session', query), 40163)
  },
}
