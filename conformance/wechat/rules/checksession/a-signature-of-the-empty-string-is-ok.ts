import type { Rule } from '../../kit/rule.ts'
import { assertOk } from '../../kit/shape.ts'
import { signLoginState } from '../../kit/sign.ts'

export const rule: Rule = {
  title: 'The right session_key signs the empty string, and is ok',
  source: 'checkSessionKey',
  sure: 'documented',
  async holds({ get, session, accessToken }) {
    const { openid, session_key } = await session()
    const query = { access_token: await accessToken(), openid, sig_method: 'hmac_sha256' }
    const signature = signLoginState(session_key)
    assertOk(await get('/wxa/checksession', { ...query, signature }))
  },
}
