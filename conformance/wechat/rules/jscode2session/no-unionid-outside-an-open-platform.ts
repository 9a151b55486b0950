import type { Rule } from '../../kit/rule.ts'
import { assertShape, key16, openid } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'An app that is bound to no Open Platform account gets no unionid',
  source: 'UnionID',
  sure: 'documented',
  async holds({ get, unboundMiniProgram, login }) {
    const query = { js_code: await login(unboundMiniProgram), grant_type: 'authorization_code' }
    const { json } = await get('/sns/jscode2session', { ...unboundMiniProgram, ...query })
    assertShape(json, { openid, session_key: key16 })
  },
}
