import type { ErrorCode } from '@kaimen/protocol'
import {
  getPhoneNumber,
  toE164,
  WechatInputError,
  type AccessTokens,
  type Wechat,
} from '@kaimen/wechat'
import { KaimenError } from '../errors.ts'
import { parsePhone, type PhoneNumber } from '../phone-number.ts'
import { explainWechat } from '../wechat-refusal.ts'

/**
 * Trades the code of the phone button for the number, server to server. The openid goes along, so
 * that a code that somebody else got does not pass for this person's. [WX-10]
 *
 * @throws {@link KaimenError} `phone_code_invalid` and the `wechat_*` codes.
 */
export async function provePhoneByButton(
  { wechat, wechatTokens }: { wechat: Wechat; wechatTokens: AccessTokens },
  { app_id, openid, phone_code }: { app_id: string; openid: string; phone_code: string },
): Promise<PhoneNumber> {
  try {
    const reply = await wechatTokens.call(app_id, (access_token) =>
      getPhoneNumber(wechat, { access_token, code: phone_code, openid }),
    )
    const phone = parsePhone(toE164(reply) ?? '')
    if (!phone) throw new KaimenError('phone_code_invalid')
    return phone
  } catch (error) {
    if (error instanceof WechatInputError) throw new KaimenError('phone_code_invalid')
    throw explainWechat(error, codeOf)
  }
}

const byErrcode: Readonly<Record<number, ErrorCode>> = {
  40029: 'phone_code_invalid',
  40163: 'phone_code_invalid',
  40003: 'phone_code_invalid',
  [-1]: 'wechat_busy',
  45011: 'wechat_rate_limited',
  45009: 'wechat_rate_limited',
}

/** Whatever else WeChat answers here is about the app and its permissions. */
const codeOf = (errcode: number): ErrorCode => byErrcode[errcode] ?? 'wechat_config'
