import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A code of wx.login is 40029 here',
  source: 'developers who mixed the two up',
  sure: 'seen',
  async holds({ post, accessToken, login }) {
    const query = { access_token: await accessToken() }
    const body = { code: await login() }
    assertRefused(await post('/wxa/business/getuserphonenumber', query, body), 40029)
  },
}
