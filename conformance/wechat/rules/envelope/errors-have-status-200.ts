import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'

export const rule: Rule = {
  title: "An error of WeChat's has HTTP status 200",
  source: 'code2Session',
  sure: 'documented',
  async holds({ get }) {
    const reply = await get('/sns/jscode2session', {})
    assert.equal(reply.status, 200)
    assert.notEqual(reply.json['errcode'], undefined)
  },
}
