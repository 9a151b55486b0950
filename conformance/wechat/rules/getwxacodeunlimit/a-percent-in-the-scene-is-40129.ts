import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A percent sign in the scene is 40129',
  source: 'getUnlimitedQRCode',
  sure: 'documented',
  async holds({ post, accessToken }) {
    const query = { access_token: await accessToken() }
    assertRefused(await post('/wxa/getwxacodeunlimit', query, { scene: '%E6%9D%8E' }), 40129)
  },
}
