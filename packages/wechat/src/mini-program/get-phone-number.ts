import { isLoginCode, loginCodeForPhone } from '../errors/code-mix-up.ts'
import { checkCode, checkCredential, checkOpenid } from '../parameters.ts'
import type { Secret } from '../secret.ts'
import { badReply, isFields, readObject } from '../transport/read-fields.ts'
import type { Wechat } from '../wechat.ts'
import { readPhoneNumber } from './phone-number.ts'
import type { PhoneNumber } from './phone-number.ts'

export interface GetPhoneNumberParams {
  /** The app's. */
  readonly access_token: string | Secret
  /**
   * What the button of type `getPhoneNumber` or `getRealtimePhoneNumber` gave; not the code of
   * `wx.login`. Good for 5 minutes and one exchange.
   */
  readonly code: string
  /**
   * Who tapped the button, where that is known: WeChat then refuses a code of anybody else. Without
   * it the code of another user passes for this one's.
   */
  readonly openid?: string
}

export interface GetPhoneNumberReply extends PhoneNumber {
  /** Whose data this is, and from when, in seconds since the Unix epoch; where WeChat says so. */
  readonly watermark?: { readonly appid: string; readonly timestamp: number }
}

/**
 * Exchanges the code of the phone-number button for the user's number. The number is only as sure
 * as this: it came from WeChat to this server. See {@link toE164} for the form to keep.
 *
 * @throws {@link WechatInputError} When a parameter is malformed; nothing was sent.
 * @throws {@link WechatError} When WeChat answers an `errcode`: 40029, 45011, 40013, 48001, -1,
 *   those of access_tokens. 40029 says so if the code looks like one of `wx.login`.
 * @throws {@link WechatTransportError} When there is no answer that can be used.
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-info/phone-number/getPhoneNumber.html
 */
export async function getPhoneNumber(
  wechat: Wechat,
  { access_token, code, openid }: GetPhoneNumberParams,
): Promise<GetPhoneNumberReply> {
  const endpoint = 'getPhoneNumber'
  const phoneCode = checkCode('code', code)
  if (openid !== undefined) checkOpenid(openid)
  const reply = await wechat.call({
    endpoint,
    method: 'POST',
    path: '/wxa/business/getuserphonenumber',
    query: { access_token: checkCredential('access_token', access_token) },
    body: { code: phoneCode, ...(openid !== undefined && { openid }) },
    errcodes: isLoginCode(code) ? loginCodeForPhone : undefined,
  })
  const info = readObject(endpoint, reply, 'phone_info')
  const phone = readPhoneNumber(info)
  if (phone === undefined) throw badReply(endpoint, 'phone_info is incomplete')
  const watermark = readWatermark(info.watermark)
  return { ...phone, ...(watermark !== undefined && { watermark }) }
}

function readWatermark(value: unknown): GetPhoneNumberReply['watermark'] {
  if (!isFields(value)) return undefined
  const { appid, timestamp } = value
  if (typeof appid !== 'string' || typeof timestamp !== 'number') return undefined
  return { appid, timestamp }
}
