import { createHash } from 'node:crypto'
import type { Rule } from '../../kit/rule.ts'
import { assertShape, exactly, wholeNumber } from '../../kit/shape.ts'

export const rule: Rule = {
  title: "The field that says whether the data is WeChat's is spelt vaild",
  source: 'checkEncryptedMsg',
  sure: 'documented',
  async holds({ post, control, accessToken, miniProgram }) {
    const { encryptedData } = await control('wx/getPhoneNumber', {
      appid: miniProgram.appid,
      person: 'li-hua',
    })
    const hash = createHash('sha256').update(String(encryptedData)).digest('hex')
    const query = { access_token: await accessToken() }
    const { json } = await post('/wxa/business/checkencryptedmsg', query, {
      encrypted_msg_hash: hash,
    })
    assertShape(json, {
      errcode: exactly(0),
      errmsg: exactly('ok'),
      vaild: exactly(true),
      create_time: wholeNumber,
    })
  },
}
