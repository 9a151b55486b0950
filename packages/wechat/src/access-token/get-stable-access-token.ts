import { checkAppid, checkCredential } from '../parameters.ts'
import type { Secret } from '../secret.ts'
import type { Wechat } from '../wechat.ts'
import { readAccessToken } from './read-access-token.ts'
import type { AccessTokenReply } from './read-access-token.ts'

export interface GetStableAccessTokenParams {
  readonly appid: string
  /** The AppSecret of `appid`. */
  readonly secret: string | Secret
  /**
   * Makes a new token and voids the one before it at once. 20 times a day, 30 seconds apart.
   * Default `false`: whoever asks gets the same token until 5 minutes before its end.
   */
  readonly force_refresh?: boolean
}

/**
 * Fetches an access_token that any number of processes may ask for without voiding each other's. 10
 * 000 a minute, 500 000 a day.
 *
 * @throws {@link WechatInputError} When a parameter is malformed; nothing was sent.
 * @throws {@link WechatError} When WeChat answers an `errcode`: 40002, 40013, 40125, 40164, 40243,
 *   45009, 45011, 89503, 89506, 89507, -1.
 * @throws {@link WechatTransportError} When there is no answer that can be used.
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-access-token/getStableAccessToken.html
 */
export async function getStableAccessToken(
  wechat: Wechat,
  { appid, secret, force_refresh = false }: GetStableAccessTokenParams,
): Promise<AccessTokenReply> {
  const endpoint = 'getStableAccessToken'
  checkAppid(appid)
  const reply = await wechat.call({
    endpoint,
    method: 'POST',
    path: '/cgi-bin/stable_token',
    body: {
      grant_type: 'client_credential',
      appid,
      secret: checkCredential('secret', secret),
      force_refresh,
    },
  })
  return readAccessToken(endpoint, reply)
}
