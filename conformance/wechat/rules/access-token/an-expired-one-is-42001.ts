import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'An access_token past its expires_in is 42001',
  source: 'Return codes',
  sure: 'documented',
  async holds({ post, accessToken, phoneCode, waitSeconds }) {
    const query = { access_token: await accessToken() }
    await waitSeconds(7200)
    const body = { code: await phoneCode() }
    assertRefused(await post('/wxa/business/getuserphonenumber', query, body), 42001)
  },
}
