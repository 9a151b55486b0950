import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'
import {
  assertShape,
  between,
  exactly,
  key16,
  shaped,
  textLike,
  wholeNumber,
} from '../../kit/shape.ts'
import { signLoginState } from '../../kit/sign.ts'

export const rule: Rule = {
  title: 'It answers the newest keys, three at most, each with its age',
  source: 'GetUserEncryptKey',
  sure: 'documented',
  async holds({ get, control, session, accessToken, miniProgram }) {
    const { openid, session_key } = await session()
    await control('wx/getLatestUserKey', { appid: miniProgram.appid, person: 'li-hua' })
    const signature = signLoginState(session_key)
    const query = {
      access_token: await accessToken(),
      openid,
      signature,
      sig_method: 'hmac_sha256',
    }
    const { json } = await get('/wxa/business/getuserencryptkey', query)
    const userKey = shaped({
      encrypt_key: key16,
      version: wholeNumber,
      expire_in: between(0, 3600),
      iv: textLike('16 hexadecimal characters', /^[0-9a-f]{16}$/i),
      create_time: wholeNumber,
    })
    const { key_info_list: keys, ...rest } = json
    assertShape(rest, { errcode: exactly(0), errmsg: exactly('ok') })
    assert.ok(Array.isArray(keys) && keys.length >= 1 && keys.length <= 3)
    assert.ok(keys.every(userKey.fits), JSON.stringify(keys))
  },
}
