import { checkAppid, checkCredential } from '../parameters.ts'
import type { Secret } from '../secret.ts'
import type { Wechat } from '../wechat.ts'
import { readAccessToken } from './read-access-token.ts'
import type { AccessTokenReply } from './read-access-token.ts'

/**
 * Fetches an access_token of the old family: each fetch voids the token before it, within 5
 * minutes, wherever that is in use. {@link getStableAccessToken} does not. 2000 a day.
 *
 * @throws {@link WechatInputError} When a parameter is malformed; nothing was sent.
 * @throws {@link WechatError} When WeChat answers an `errcode`: 40001, 40002, 40013, 40125, 40164,
 *   40243, 45009, 50004, 50007, 61024, 89501, 89503, 89506, 89507, -1.
 * @throws {@link WechatTransportError} When there is no answer that can be used.
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-access-token/getAccessToken.html
 */
export async function getAccessToken(
  wechat: Wechat,
  { appid, secret }: { readonly appid: string; readonly secret: string | Secret },
): Promise<AccessTokenReply> {
  const endpoint = 'getAccessToken'
  checkAppid(appid)
  const reply = await wechat.call({
    endpoint,
    method: 'GET',
    path: '/cgi-bin/token',
    query: {
      grant_type: 'client_credential',
      appid,
      secret: checkCredential('secret', secret),
    },
  })
  return readAccessToken(endpoint, reply)
}
