import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A scene of more than 32 characters is 40169',
  source: 'getUnlimitedQRCode',
  sure: 'documented',
  async holds({ post, accessToken }) {
    const query = { access_token: await accessToken() }
    assertRefused(await post('/wxa/getwxacodeunlimit', query, { scene: 'a'.repeat(33) }), 40169)
  },
}
