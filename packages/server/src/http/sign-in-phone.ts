import { SignInOtpBody, SignInPasswordBody, SignInPhoneBody } from '@kaimen/protocol'
import { secret } from '@kaimen/wechat'
import { KaimenError } from '../errors.ts'
import { parsePhone, type PhoneNumber } from '../phone-number.ts'
import { signInByOtp, signInByPassword, signInByPhoneButton } from '../sign-in.ts'
import { audited } from '../sign-in/audit.ts'
import { readBody, refuseBody } from './body.ts'
import { limitByAddress, ticketApp, type Handler } from './handlers.ts'
import { signInResponse } from './sign-in-wechat.ts'

/** `POST /v1/sign-in/phone` */
export const signInPhone: Handler = async (parts, { request }) => {
  const body = await readBody(request, SignInPhoneBody)
  const { ticket, app_id, code, device, restore } = body
  if ((ticket === undefined) === (code === undefined)) throw neitherNorBoth('ticket', 'code')
  const given = readGiven(body)
  const app = await audited(parts, undefined, 'phone_button', () =>
    ticketApp(parts, ticket, app_id),
  )
  const from = ticket === undefined ? { code: code ?? '' } : { ticket }
  const attempt = { from, given, device, restore }
  return signInResponse(parts, await signInByPhoneButton(parts, app, attempt))
}

/** What the button gave: a code, or in its old form data. */
function readGiven({ code, phone_code, encrypted_data, iv }: SignInPhoneBody) {
  if ((phone_code === undefined) === (encrypted_data === undefined)) {
    throw neitherNorBoth('phone_code', 'encrypted_data')
  }
  if (phone_code === undefined) {
    if (iv === undefined) throw neitherNorBoth('phone_code', 'iv')
    return { encrypted_data: encrypted_data ?? '', iv }
  }
  if (phone_code === code) throw mixedUp()
  return { phone_code }
}

/** `POST /v1/sign-in/otp` */
export const signInOtp: Handler = async (parts, { request }) => {
  const { phone, otp, ticket, app_id, device, restore } = await readBody(request, SignInOtpBody)
  const app = await audited(parts, undefined, 'otp', () => ticketApp(parts, ticket, app_id))
  const attempt = { phone: readPhone(phone), otp, ticket, device, restore }
  return signInResponse(parts, await signInByOtp(parts, app, attempt))
}

/** `POST /v1/sign-in/password` */
export const signInPassword: Handler = async (parts, call) => {
  const body = await readBody(call.request, SignInPasswordBody)
  await limitByAddress(parts, call, 'password')
  const { ticket, app_id, device, restore } = body
  const app = await audited(parts, undefined, 'password', () => ticketApp(parts, ticket, app_id))
  const phone = readPhone(body.phone)
  const attempt = { phone, password: secret(body.password), ticket, device, restore }
  return signInResponse(parts, await signInByPassword(parts, app, attempt))
}

/** @throws {@link KaimenError} `body_invalid`, which does not repeat the number. */
export function readPhone(text: string): PhoneNumber {
  const phone = parsePhone(text)
  if (phone) return phone
  throw new KaimenError('body_invalid', {
    detail: {
      'zh-CN': '字段 phone 不是手机号。境外号码请带国家或地区代码，如 +852。',
      en: 'The field phone is not a phone number. A number outside mainland China begins with its country, as +852.',
    },
  })
}

function neitherNorBoth(one: string, other: string) {
  return refuseBody({
    'zh-CN': `请提供 ${one} 或 ${other}，二者只能有一个。`,
    en: `Send either ${one} or ${other}, and not both.`,
  })
}

function mixedUp() {
  return new KaimenError('phone_code_invalid', {
    detail: {
      'zh-CN':
        'phone_code 与 code 相同：这是 wx.login 的 code。请把 getPhoneNumber 按钮回调中的 event.detail.code 作为 phone_code。',
      en: 'phone_code is the same as code, which is that of wx.login. Send event.detail.code of the getPhoneNumber button as phone_code.',
    },
  })
}
