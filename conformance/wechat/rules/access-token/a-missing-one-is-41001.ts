import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A call without access_token is 41001',
  source: 'Return codes',
  sure: 'documented',
  async holds({ post, phoneCode }) {
    const body = { code: await phoneCode() }
    assertRefused(await post('/wxa/business/getuserphonenumber', {}, body), 41001)
  },
}
