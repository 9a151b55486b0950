import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'

export const rule: Rule = {
  title: 'A code that is not of the openid given beside it is refused',
  source: 'getPhoneNumber, which does not say with which errcode',
  sure: 'documented',
  async holds({ post, accessToken, phoneCode, session, miniProgram }) {
    const { openid } = await session(miniProgram, 'wang-fang')
    const query = { access_token: await accessToken() }
    const body = { code: await phoneCode(miniProgram, 'li-hua'), openid }
    const { json } = await post('/wxa/business/getuserphonenumber', query, body)
    assert.notEqual(json['errcode'], 0)
    assert.equal(json['phone_info'], undefined)
  },
}
