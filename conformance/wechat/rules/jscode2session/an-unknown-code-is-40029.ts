import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A code that WeChat never gave is 40029',
  source: 'code2Session',
  sure: 'documented',
  async holds({ get, miniProgram }) {
    const query = { ...miniProgram, js_code: '0a1b2c', grant_type: 'authorization_code' }
    assertRefused(await get('/sns/jscode2session', query), 40029)
  },
}
