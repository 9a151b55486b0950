import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'

export const rule: Rule = {
  title: 'countryCode is text in the table and a number in the sample: both come',
  source: 'getPhoneNumber',
  sure: 'documented',
  async holds({ post, accessToken, phoneCode, miniProgram, turn }) {
    const query = { access_token: await accessToken() }
    for (const type of ['string', 'number']) {
      await turn(miniProgram, { country_code_type: type })
      const { json } = await post('/wxa/business/getuserphonenumber', query, {
        code: await phoneCode(),
      })
      const { countryCode } = Object(json['phone_info']) as { countryCode?: unknown }
      assert.equal(typeof countryCode, type)
    }
  },
}
