import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'An access_token that WeChat never gave is 40001 or 40014',
  source: 'Return codes',
  sure: 'documented',
  async holds({ post, phoneCode }) {
    const body = { code: await phoneCode() }
    const query = { access_token: '98_made-up' }
    assertRefused(await post('/wxa/business/getuserphonenumber', query, body), 40001, 40014)
  },
}
