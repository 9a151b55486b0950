import type { Rule } from '../../kit/rule.ts'
import { assertOk } from '../../kit/shape.ts'
import { signLoginState } from '../../kit/sign.ts'
import { textIn } from '../../kit/wechat.ts'

export const rule: Rule = {
  title: 'A token of /cgi-bin/token ends no stable one',
  source: 'getStableAccessToken',
  sure: 'documented',
  async holds({ get, post, session, miniProgram, accessToken, waitSeconds }) {
    const { openid, session_key } = await session()
    const query = { openid, signature: signLoginState(session_key), sig_method: 'hmac_sha256' }
    const body = { ...miniProgram, grant_type: 'client_credential' }
    const stable = textIn((await post('/cgi-bin/stable_token', {}, body)).json, 'access_token')
    await accessToken()
    await accessToken()
    await waitSeconds(301)
    assertOk(await get('/wxa/checksession', { ...query, access_token: stable }))
  },
}
