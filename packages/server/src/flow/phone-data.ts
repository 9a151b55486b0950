import { decryptOpenData, WechatDataError, WechatInputError, type Secret } from '@kaimen/wechat'
import * as v from 'valibot'
import type { App } from '../app.ts'
import { minuteMs, secondMs, type Clock } from '../clock.ts'
import { sha256 } from '../digest.ts'
import { KaimenError } from '../errors.ts'
import { parsePhone, type PhoneNumber } from '../phone-number.ts'
import type { EphemeralStore } from '../store/ephemeral-store.ts'

/** What the phone button gave before there were codes for it. */
export type PhoneData = { readonly encrypted_data: string; readonly iv: string }

/** As long as a code of the phone button lives. */
const maxAgeMs = 5 * minuteMs

const Phone = v.object({
  purePhoneNumber: v.string(),
  countryCode: v.union([v.string(), v.number()]),
})

/**
 * Decrypts the phone button's old form. Its cipher is not signed, so whoever holds a text of
 * WeChat's for their own number can try to bend it: an app has to ask for this by
 * `phone_encrypted_data`, and each text counts once. [WX-10]
 *
 * @param session_key Of the `wx.login` before the button was tapped.
 * @throws {@link KaimenError} `phone_code_invalid` where the app does not take it, `data_invalid`.
 */
export async function provePhoneByData(
  { ephemeral, clock }: { ephemeral: EphemeralStore; clock: Clock },
  app: App,
  session_key: Secret | null,
  { encrypted_data, iv }: PhoneData,
): Promise<PhoneNumber> {
  if (!app.phone_encrypted_data) throw notTaken()
  if (session_key === null) throw new KaimenError('session_key_stale')
  const phone = decrypt(app, session_key, encrypted_data, iv, clock)
  const place = `phone-data/${sha256(app.app_id, encrypted_data)}`
  if (!(await ephemeral.add(place, '', 2 * maxAgeMs))) throw new KaimenError('data_invalid')
  return phone
}

/** One error for whatever is wrong: telling more would help to bend the text. [WX-14] */
function decrypt(
  { app_id }: App,
  session_key: Secret,
  encryptedData: string,
  iv: string,
  clock: Clock,
): PhoneNumber {
  try {
    const maxAgeSeconds = maxAgeMs / secondMs
    const params = { appid: app_id, session_key, encryptedData, iv, maxAgeSeconds }
    const data = decryptOpenData({ ...params, nowMs: clock.now })
    const { purePhoneNumber, countryCode } = v.parse(Phone, data)
    const phone = parsePhone(`+${countryCode}${purePhoneNumber}`)
    if (phone) return phone
  } catch (error) {
    const isTheirs =
      error instanceof WechatDataError || error instanceof WechatInputError || v.isValiError(error)
    if (!isTheirs) throw error
  }
  throw new KaimenError('data_invalid')
}

function notTaken(): KaimenError {
  return new KaimenError('phone_code_invalid', {
    detail: {
      'zh-CN':
        '本应用不接受旧式的 encryptedData。请把 getPhoneNumber 回调中的 event.detail.code 作为 phone_code 发送；确需兼容旧客户端时，由服务端为该应用开启 phone_encrypted_data。',
      en: 'This app does not take the old encryptedData. Send event.detail.code of the getPhoneNumber button as phone_code; where old clients have to be served, the server turns on phone_encrypted_data for the app.',
    },
  })
}
