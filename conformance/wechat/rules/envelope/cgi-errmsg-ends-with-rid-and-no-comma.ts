import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'
import { textIn } from '../../kit/wechat.ts'

export const rule: Rule = {
  title: 'An errmsg of /cgi-bin ends with the rid, without a comma',
  source: "developers' logs",
  sure: 'seen',
  async holds({ get, miniProgram }) {
    const query = { ...miniProgram, secret: 'wrong', grant_type: 'client_credential' }
    const { json } = await get('/cgi-bin/token', query)
    assert.match(textIn(json, 'errmsg'), /[^,] rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/)
  },
}
