import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'
import { textIn } from '../../kit/wechat.ts'

export const rule: Rule = {
  title: 'phoneNumber of a foreign number carries its country code, purePhoneNumber does not',
  source: 'getPhoneNumber',
  sure: 'documented',
  async holds({ post, accessToken, phoneCode, miniProgram }) {
    const query = { access_token: await accessToken() }
    const body = { code: await phoneCode(miniProgram, 'chen-mei') }
    const { json } = await post('/wxa/business/getuserphonenumber', query, body)
    const phone = json['phone_info']
    const pure = textIn(phone, 'purePhoneNumber')
    const whole = textIn(phone, 'phoneNumber')
    assert.notEqual(whole, pure)
    assert.ok(whole.endsWith(pure), `${whole} does not end with ${pure}`)
  },
}
