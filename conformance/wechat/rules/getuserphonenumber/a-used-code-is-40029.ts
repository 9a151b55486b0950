import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A phone code that was used before is 40029',
  source: 'developers who used it twice',
  sure: 'seen',
  async holds({ post, accessToken, phoneCode }) {
    const query = { access_token: await accessToken() }
    const body = { code: await phoneCode() }
    await post('/wxa/business/getuserphonenumber', query, body)
    assertRefused(await post('/wxa/business/getuserphonenumber', query, body), 40029)
  },
}
