import type { Rule } from '../../kit/rule.ts'
import {
  anyText,
  assertShape,
  exactly,
  httpUrl,
  openid,
  optional,
  shaped,
  unionid,
  wholeNumber,
} from '../../kit/shape.ts'
import { decryptOpenData } from '../../kit/sign.ts'
import { textIn } from '../../kit/wechat.ts'
import type { Fields } from '../../kit/wechat.ts'

export const rule: Rule = {
  title: 'encryptedData opens with the session_key, and its watermark names the app',
  source: 'Open data: checking and decrypting',
  sure: 'documented',
  async holds({ control, session, miniProgram }) {
    const { appid } = miniProgram
    const { session_key } = await session()
    const info = await control('wx/getUserInfo', { appid, person: 'li-hua' })
    const data = decryptOpenData(session_key, textIn(info, 'iv'), textIn(info, 'encryptedData'))
    assertShape(Object(data) as Fields, {
      openId: openid,
      nickName: anyText,
      gender: exactly(0),
      language: anyText,
      city: exactly(''),
      province: exactly(''),
      country: exactly(''),
      avatarUrl: httpUrl,
      unionId: optional(unionid),
      watermark: shaped({ timestamp: wholeNumber, appid: exactly(appid) }),
    })
  },
}
