import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'
import { assertShape, key16, openid, unionid } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A good code is worth an openid, a session_key and a unionid, and no errcode',
  source: 'code2Session',
  sure: 'documented',
  async holds({ get, miniProgram, login }) {
    const query = { js_code: await login(), grant_type: 'authorization_code' }
    const { status, json } = await get('/sns/jscode2session', { ...miniProgram, ...query })
    assert.equal(status, 200)
    assertShape(json, { openid, session_key: key16, unionid })
  },
}
