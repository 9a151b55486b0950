import type { Rule } from '../../kit/rule.ts'
import { assertShape, exactly, shaped, textLike, wholeNumber } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A phone code is worth phone_info with a watermark of the app',
  source: 'getPhoneNumber',
  sure: 'documented',
  async holds({ post, accessToken, phoneCode, miniProgram }) {
    const query = { access_token: await accessToken() }
    const body = { code: await phoneCode() }
    const { json } = await post('/wxa/business/getuserphonenumber', query, body)
    assertShape(json, {
      errcode: exactly(0),
      errmsg: exactly('ok'),
      phone_info: shaped({
        phoneNumber: textLike('digits', /^\d+$/),
        purePhoneNumber: textLike('digits', /^\d+$/),
        countryCode: exactly('86', 86),
        watermark: shaped({ timestamp: wholeNumber, appid: exactly(miniProgram.appid) }),
      }),
    })
  },
}
