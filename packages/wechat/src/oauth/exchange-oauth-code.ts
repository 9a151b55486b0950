import { isPhoneCode, phoneCodeForLogin } from '../errors/code-mix-up.ts'
import { checkAppid, checkCode, checkCredential } from '../parameters.ts'
import type { Secret } from '../secret.ts'
import { readOptionalText } from '../transport/read-fields.ts'
import type { Wechat } from '../wechat.ts'
import { readOAuthToken } from './read-oauth-token.ts'
import type { OAuthToken } from './read-oauth-token.ts'

export interface ExchangeOAuthCodeParams {
  /** The service account's, the website's or the mobile app's: the one that asked for the code. */
  readonly appid: string
  /** The AppSecret of `appid`. */
  readonly secret: string | Secret
  /** What came with `redirect_uri`: good for one exchange. */
  readonly code: string
}

export interface ExchangeOAuthCodeReply extends OAuthToken {
  /** Only where the app is bound to an Open Platform account. */
  readonly unionid?: string
  /**
   * Whether this is a visitor of the snapshot page: openid, unionid and profile are made up, and no
   * account may be opened or joined by them.
   */
  readonly is_snapshotuser: boolean
}

/**
 * Exchanges the code that a browser brought back for who the user is. A code is good for one
 * exchange, so this is sent once and never again.
 *
 * @throws {@link WechatInputError} When a parameter is malformed; nothing was sent.
 * @throws {@link WechatError} When WeChat answers an `errcode`: 40029, 40163, 40125, 40013, 41008,
 *   -1.
 * @throws {@link WechatTransportError} When there is no answer that can be used.
 * @see https://developers.weixin.qq.com/doc/service/guide/h5/auth.html
 */
export async function exchangeOAuthCode(
  wechat: Wechat,
  { appid, secret, code }: ExchangeOAuthCodeParams,
): Promise<ExchangeOAuthCodeReply> {
  const endpoint = 'exchangeOAuthCode'
  const oauthCode = checkCode('code', code)
  checkAppid(appid)
  const reply = await wechat.call({
    endpoint,
    method: 'GET',
    path: '/sns/oauth2/access_token',
    query: {
      appid,
      secret: checkCredential('secret', secret),
      code: oauthCode,
      grant_type: 'authorization_code',
    },
    errcodes: isPhoneCode(code) ? phoneCodeForLogin : undefined,
  })
  const unionid = readOptionalText(endpoint, reply, 'unionid')
  return {
    ...readOAuthToken(endpoint, reply),
    ...(unionid !== undefined && { unionid }),
    is_snapshotuser: Number(reply.is_snapshotuser) === 1,
  }
}
