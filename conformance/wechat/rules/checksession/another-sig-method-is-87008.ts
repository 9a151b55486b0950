import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'
import { signLoginState } from '../../kit/sign.ts'

export const rule: Rule = {
  title: 'Another sig_method than hmac_sha256 is 87008',
  source: 'checkSessionKey',
  sure: 'documented',
  async holds({ get, session, accessToken }) {
    const { openid, session_key } = await session()
    const query = { access_token: await accessToken(), openid, sig_method: 'md5' }
    const signature = signLoginState(session_key)
    assertRefused(await get('/wxa/checksession', { ...query, signature }), 87008)
  },
}
