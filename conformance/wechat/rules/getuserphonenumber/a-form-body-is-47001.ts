import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A form where JSON is due is 47001',
  source: 'developers who sent a form',
  sure: 'seen',
  async holds({ post, accessToken, phoneCode }) {
    const query = { access_token: await accessToken() }
    const form = `code=${await phoneCode()}`
    assertRefused(await post('/wxa/business/getuserphonenumber', query, form), 47001)
  },
}
