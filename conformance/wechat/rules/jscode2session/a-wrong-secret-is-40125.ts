import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'
import { textIn } from '../../kit/wechat.ts'

export const rule: Rule = {
  title: 'A wrong AppSecret is 40125, and spends no code',
  source: 'developers who mistyped it',
  sure: 'seen',
  async holds({ get, miniProgram, login }) {
    const query = { js_code: await login(), grant_type: 'authorization_code' }
    const app = { ...miniProgram, secret: 'f'.repeat(32) }
    assertRefused(await get('/sns/jscode2session', { ...app, ...query }), 40125)
    textIn((await get('/sns/jscode2session', { ...miniProgram, ...query })).json, 'openid')
  },
}
