import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'
import { textIn } from '../../kit/wechat.ts'

export const rule: Rule = {
  title: 'An errmsg of /sns ends with a comma and the rid',
  source: "developers' logs",
  sure: 'seen',
  async holds({ get, miniProgram }) {
    const query = { ...miniProgram, grant_type: 'authorization_code', js_code: 'unknown' }
    const { json } = await get('/sns/jscode2session', query)
    assert.match(textIn(json, 'errmsg'), /[^,], rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/)
  },
}
