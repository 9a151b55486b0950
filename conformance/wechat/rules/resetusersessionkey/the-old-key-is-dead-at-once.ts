import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'
import { assertOk, assertRefused, assertShape, exactly, key16 } from '../../kit/shape.ts'
import { signLoginState } from '../../kit/sign.ts'
import { textIn } from '../../kit/wechat.ts'

export const rule: Rule = {
  title: 'A reset answers the openid and a new session_key, and the old one signs no more',
  source: 'ResetUserSessionKey',
  sure: 'documented',
  async holds({ get, session, accessToken }) {
    const before = await session()
    const query = {
      access_token: await accessToken(),
      openid: before.openid,
      sig_method: 'hmac_sha256',
    }
    const signature = signLoginState(before.session_key)
    const { json } = await get('/wxa/resetusersessionkey', { ...query, signature })
    assertShape(json, {
      errcode: exactly(0),
      errmsg: exactly('ok'),
      openid: exactly(before.openid),
      session_key: key16,
    })
    assert.notEqual(json['session_key'], before.session_key)
    assertRefused(await get('/wxa/checksession', { ...query, signature }), 87009)
    const renewed = signLoginState(textIn(json, 'session_key'))
    assertOk(await get('/wxa/checksession', { ...query, signature: renewed }))
  },
}
