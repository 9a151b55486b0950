import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'
import { assertOk, assertRefused } from '../../kit/shape.ts'
import { signLoginState } from '../../kit/sign.ts'
import { textIn } from '../../kit/wechat.ts'

export const rule: Rule = {
  title: 'force_refresh makes a new token, and the one before is dead',
  source: 'getStableAccessToken',
  sure: 'documented',
  async holds({ get, post, session, miniProgram, waitSeconds }) {
    const { openid, session_key } = await session()
    const query = { openid, signature: signLoginState(session_key), sig_method: 'hmac_sha256' }
    const body = { ...miniProgram, grant_type: 'client_credential' }
    const old = textIn((await post('/cgi-bin/stable_token', {}, body)).json, 'access_token')
    await waitSeconds(31)
    const forced = await post('/cgi-bin/stable_token', {}, { ...body, force_refresh: true })
    const latest = textIn(forced.json, 'access_token')
    assert.notEqual(old, latest)
    assertRefused(await get('/wxa/checksession', { ...query, access_token: old }), 40001)
    assertOk(await get('/wxa/checksession', { ...query, access_token: latest }))
  },
}
