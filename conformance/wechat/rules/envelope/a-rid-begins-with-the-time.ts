import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'
import { textIn } from '../../kit/wechat.ts'

export const rule: Rule = {
  title: 'The first group of a rid is the time in seconds, in hexadecimal',
  source: 'four rids that developers published',
  sure: 'seen',
  async holds({ get, control, waitSeconds }) {
    await waitSeconds(86_400)
    const { now } = await control('clock', { advance_seconds: 0 })
    const { json } = await get('/sns/jscode2session', {})
    const [, time = ''] = / rid: ([0-9a-f]{8})-/.exec(textIn(json, 'errmsg')) ?? []
    const offSeconds = Number.parseInt(time, 16) - Date.parse(String(now)) / 1000
    assert.ok(Math.abs(offSeconds) < 10, `the rid is ${offSeconds} s off`)
  },
}
