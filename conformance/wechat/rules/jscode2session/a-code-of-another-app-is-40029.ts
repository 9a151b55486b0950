import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A code is good for its own app alone',
  source: 'wx.login',
  sure: 'documented',
  async holds({ get, miniProgram, unboundMiniProgram, login }) {
    const query = { js_code: await login(unboundMiniProgram), grant_type: 'authorization_code' }
    assertRefused(await get('/sns/jscode2session', { ...miniProgram, ...query }), 40029)
  },
}
