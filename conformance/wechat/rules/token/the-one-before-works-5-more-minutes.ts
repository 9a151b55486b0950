import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'
import { assertOk, assertRefused } from '../../kit/shape.ts'
import { signLoginState } from '../../kit/sign.ts'

export const rule: Rule = {
  title: 'A new token ends the one before, which works for 5 more minutes',
  source: 'getAccessToken',
  sure: 'documented',
  async holds({ get, session, accessToken, waitSeconds }) {
    const { openid, session_key } = await session()
    const query = { openid, signature: signLoginState(session_key), sig_method: 'hmac_sha256' }
    const old = await accessToken()
    const latest = await accessToken()
    assert.notEqual(old, latest)
    assertOk(await get('/wxa/checksession', { ...query, access_token: old }))
    await waitSeconds(301)
    assertRefused(await get('/wxa/checksession', { ...query, access_token: old }), 40001)
    assertOk(await get('/wxa/checksession', { ...query, access_token: latest }))
  },
}
