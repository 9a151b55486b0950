import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A code of wx.login is 1007 here',
  source: 'developers who mixed the two up',
  sure: 'seen',
  async holds({ post, accessToken, login }) {
    const query = { access_token: await accessToken() }
    assertRefused(await post('/wxa/getpluginopenpid', query, { code: await login() }), 1007)
  },
}
