import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'Parameters in a form body are missing',
  source: 'developers who sent a form',
  sure: 'seen',
  async holds({ post, miniProgram, login }) {
    const form = { ...miniProgram, js_code: await login(), grant_type: 'authorization_code' }
    const body = new URLSearchParams(form).toString()
    assertRefused(await post('/sns/jscode2session', {}, body), 41002)
  },
}
