import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'
import { textIn } from '../../kit/wechat.ts'

export const rule: Rule = {
  title: 'An errmsg of /wxa/business has a hint and the rid',
  source: "developers' logs",
  sure: 'seen',
  async holds({ post, accessToken }) {
    const query = { access_token: await accessToken() }
    const { json } = await post('/wxa/business/getuserphonenumber', query, { code: 'unknown' })
    assert.match(
      textIn(json, 'errmsg'),
      / hint: \[[^\]]+\] rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/,
    )
  },
}
