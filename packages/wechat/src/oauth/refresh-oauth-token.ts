import { checkAppid, checkCredential } from '../parameters.ts'
import type { Secret } from '../secret.ts'
import type { Wechat } from '../wechat.ts'
import { readOAuthToken } from './read-oauth-token.ts'
import type { OAuthToken } from './read-oauth-token.ts'

/**
 * Renews a user's access_token. One that is still good may come back prolonged.
 *
 * @throws {@link WechatInputError} When a parameter is malformed; nothing was sent.
 * @throws {@link WechatError} When WeChat answers an `errcode`: 40030, 42002, 42007, 41003, -1.
 * @throws {@link WechatTransportError} When there is no answer that can be used.
 * @see https://developers.weixin.qq.com/doc/service/guide/h5/auth.html
 */
export async function refreshOAuthToken(
  wechat: Wechat,
  params: { readonly appid: string; readonly refresh_token: string | Secret },
): Promise<OAuthToken> {
  const endpoint = 'refreshOAuthToken'
  const { appid, refresh_token } = params
  checkAppid(appid)
  const reply = await wechat.call({
    endpoint,
    method: 'GET',
    path: '/sns/oauth2/refresh_token',
    query: {
      appid,
      grant_type: 'refresh_token',
      refresh_token: checkCredential('refresh_token', refresh_token),
    },
  })
  return readOAuthToken(endpoint, reply)
}
