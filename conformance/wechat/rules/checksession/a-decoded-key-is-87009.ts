import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'
import { signLoginState } from '../../kit/sign.ts'

export const rule: Rule = {
  title: 'A signature by the decoded session_key is 87009: the key is its text',
  source: 'checkSessionKey, and its worked example',
  sure: 'documented',
  async holds({ get, session, accessToken }) {
    const { openid, session_key } = await session()
    const query = { access_token: await accessToken(), openid, sig_method: 'hmac_sha256' }
    const signature = signLoginState(Buffer.from(session_key, 'base64'))
    assertRefused(await get('/wxa/checksession', { ...query, signature }), 87009)
  },
}
