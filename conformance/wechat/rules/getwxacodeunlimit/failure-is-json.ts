import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'Failure is JSON, whose text begins with a brace',
  source: 'getUnlimitedQRCode',
  sure: 'documented',
  async holds({ post }) {
    const reply = await post(
      '/wxa/getwxacodeunlimit',
      { access_token: '98_made-up' },
      { scene: 'a' },
    )
    assertRefused(reply, 40001, 40014)
    assert.ok(reply.text.startsWith('{'))
  },
}
