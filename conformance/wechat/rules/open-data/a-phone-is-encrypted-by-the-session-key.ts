import type { Rule } from '../../kit/rule.ts'
import { anyText, assertShape, exactly, shaped, wholeNumber } from '../../kit/shape.ts'
import { decryptOpenData } from '../../kit/sign.ts'
import { textIn } from '../../kit/wechat.ts'
import type { Fields } from '../../kit/wechat.ts'

export const rule: Rule = {
  title: 'The phone of the old flow opens with the session_key',
  source: 'getPhoneNumber, the old way',
  sure: 'documented',
  async holds({ control, session, miniProgram }) {
    const { appid } = miniProgram
    const { session_key } = await session()
    const event = await control('wx/getPhoneNumber', { appid, person: 'li-hua' })
    const data = decryptOpenData(session_key, textIn(event, 'iv'), textIn(event, 'encryptedData'))
    assertShape(Object(data) as Fields, {
      phoneNumber: anyText,
      purePhoneNumber: anyText,
      countryCode: anyText,
      watermark: shaped({ timestamp: wholeNumber, appid: exactly(appid) }),
    })
  },
}
