import { isPhoneCode, phoneCodeForLogin } from '../errors/code-mix-up.ts'
import { checkAppid, checkCode, checkCredential } from '../parameters.ts'
import { secret as secretOf } from '../secret.ts'
import type { Secret } from '../secret.ts'
import { readOptionalText, readText } from '../transport/read-fields.ts'
import type { Wechat } from '../wechat.ts'

export interface Code2SessionParams {
  readonly appid: string
  /** The AppSecret of `appid`. */
  readonly secret: string | Secret
  /** What `wx.login` gave: 1 to 128 of `A-Z a-z 0-9 _ -`; good for 5 minutes and one exchange. */
  readonly js_code: string
}

export interface Code2SessionReply {
  readonly openid: string
  /** Base64 text. Must never leave the server. */
  readonly session_key: Secret
  /** Present only when the app is bound to an Open Platform account. */
  readonly unionid?: string
}

/**
 * Exchanges the code of `wx.login` for who the user is. Needs no access_token. A code is good for
 * one exchange, so this is sent once and never again.
 *
 * @throws {@link WechatInputError} When a parameter is malformed; nothing was sent.
 * @throws {@link WechatError} When WeChat answers an `errcode`: 40029, 40163, 40226, 45011, -1 and
 *   those of configuration.
 * @throws {@link WechatTransportError} When there is no answer that can be used.
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/code2Session.html
 */
export async function code2Session(
  wechat: Wechat,
  { appid, secret, js_code }: Code2SessionParams,
): Promise<Code2SessionReply> {
  const endpoint = 'code2Session'
  const code = checkCode('js_code', js_code)
  checkAppid(appid)
  const appSecret = checkCredential('secret', secret)

  const reply = await wechat.call({
    endpoint,
    method: 'GET',
    path: '/sns/jscode2session',
    query: { appid, secret: appSecret, js_code: code, grant_type: 'authorization_code' },
    errcodes: isPhoneCode(js_code) ? phoneCodeForLogin : undefined,
  })

  const openid = readText(endpoint, reply, 'openid')
  const session_key = secretOf(readText(endpoint, reply, 'session_key'))
  const unionid = readOptionalText(endpoint, reply, 'unionid')
  return { openid, session_key, ...(unionid !== undefined && { unionid }) }
}
