import { WechatInputError } from '../errors/input-error.ts'
import { WechatTransportError } from '../errors/transport-error.ts'
import { isSecret, secret as wrap } from '../secret.ts'
import type { Secret } from '../secret.ts'
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
  // Ahead of any call: a code is a stranger's text on its way into a URL beside the AppSecret.
  checkToken('js_code', js_code, /^[A-Za-z0-9_-]{1,128}$/)
  checkToken('appid', appid, /^[A-Za-z0-9_-]{1,64}$/)
  const appSecret = isSecret(secret) ? secret : wrap(secret)
  checkToken('secret', appSecret.reveal(), /^[\x21-\x7e]{1,256}$/)

  const reply = await wechat.call({
    endpoint,
    method: 'GET',
    path: '/sns/jscode2session',
    query: { appid, secret: appSecret, js_code: wrap(js_code), grant_type: 'authorization_code' },
  })

  const { openid, session_key, unionid } = reply
  if (!isText(openid) || !isText(session_key)) {
    throw badReply(endpoint, 'openid or session_key is missing')
  }
  // An empty unionid would make one person of all who have none.
  const hasUnionid = unionid !== undefined && unionid !== null && unionid !== ''
  if (hasUnionid && !isText(unionid)) throw badReply(endpoint, 'unionid is not a text')
  return { openid, session_key: wrap(session_key), ...(hasUnionid && { unionid }) }
}

function checkToken(parameter: string, value: string, shape: RegExp): void {
  if (typeof value !== 'string' || !shape.test(value)) {
    throw new WechatInputError(parameter, `must match ${shape.source}`)
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function badReply(endpoint: string, detail: string): WechatTransportError {
  return new WechatTransportError(endpoint, 'bad_reply', { sent: true, status: 200, detail })
}
