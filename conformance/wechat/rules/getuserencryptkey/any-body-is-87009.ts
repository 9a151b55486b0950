import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'
import { signLoginState } from '../../kit/sign.ts'

export const rule: Rule = {
  title: 'A body enters the signature: even {} is 87009',
  source: 'developers who posted one',
  sure: 'seen',
  async holds({ post, session, accessToken }) {
    const { openid, session_key } = await session()
    const signature = signLoginState(session_key)
    const query = {
      access_token: await accessToken(),
      openid,
      signature,
      sig_method: 'hmac_sha256',
    }
    const path = '/wxa/business/getuserencryptkey'
    assertRefused(await post(path, query, '{}'), 87009)
    assert.equal((await post(path, query)).json['errcode'], 0)
  },
}
