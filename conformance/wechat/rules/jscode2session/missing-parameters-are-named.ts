import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A missing appid is 41002, a missing secret 41004, a missing js_code 41008',
  source: 'developers who sent a form',
  sure: 'seen',
  async holds({ get, miniProgram }) {
    const { appid, secret } = miniProgram
    const query = { grant_type: 'authorization_code' }
    assertRefused(await get('/sns/jscode2session', { ...query, secret, js_code: 'x' }), 41002)
    assertRefused(await get('/sns/jscode2session', { ...query, appid, js_code: 'x' }), 41004)
    assertRefused(await get('/sns/jscode2session', { ...query, appid, secret }), 41008)
  },
}
