import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'An appid that does not exist is 40013',
  source: 'developers who mistyped it',
  sure: 'seen',
  async holds({ get, miniProgram, login }) {
    const query = { js_code: await login(), grant_type: 'authorization_code' }
    const app = { ...miniProgram, appid: 'wxffffffffffffffff' }
    assertRefused(await get('/sns/jscode2session', { ...app, ...query }), 40013)
  },
}
