import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A phone code is good for 5 minutes and no longer',
  source: 'getPhoneNumber',
  sure: 'documented',
  async holds({ post, accessToken, phoneCode, waitSeconds }) {
    const query = { access_token: await accessToken() }
    const body = { code: await phoneCode() }
    await waitSeconds(300)
    assertRefused(await post('/wxa/business/getuserphonenumber', query, body), 40029)
  },
}
