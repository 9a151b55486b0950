import { SignInOtpBody, SignInPasswordBody, SignInPhoneBody } from '@kaimen/protocol'
import { secret } from '@kaimen/wechat'
import { KaimenError } from '../errors.ts'
import { parsePhone, type PhoneNumber } from '../phone-number.ts'
import { signInByOtp, signInByPassword, signInByPhoneButton } from '../sign-in.ts'
import { readBody } from './body.ts'
import { ticketApp, type Handler } from './handlers.ts'
import { signInResponse } from './sign-in-wechat.ts'

/** `POST /v1/sign-in/phone` */
export const signInPhone: Handler = async (parts, { request }) => {
  const { ticket, app_id, code, phone_code, device } = await readBody(request, SignInPhoneBody)
  if ((ticket === undefined) === (code === undefined)) throw neitherNorBoth()
  const app = await ticketApp(parts, ticket, app_id)
  const from = ticket === undefined ? { code: code ?? '' } : { ticket }
  return signInResponse(parts, await signInByPhoneButton(parts, app, { from, phone_code, device }))
}

/** `POST /v1/sign-in/otp` */
export const signInOtp: Handler = async (parts, { request }) => {
  const { phone, otp, ticket, app_id, device } = await readBody(request, SignInOtpBody)
  const app = await ticketApp(parts, ticket, app_id)
  const attempt = { phone: readPhone(phone), otp, ticket, device }
  return signInResponse(parts, await signInByOtp(parts, app, attempt))
}

/** `POST /v1/sign-in/password` */
export const signInPassword: Handler = async (parts, { request }) => {
  const { phone, password, ticket, app_id, device } = await readBody(request, SignInPasswordBody)
  const app = await ticketApp(parts, ticket, app_id)
  const attempt = { phone: readPhone(phone), password: secret(password), ticket, device }
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

function neitherNorBoth() {
  return new KaimenError('body_invalid', {
    detail: {
      'zh-CN': '请提供 ticket 或 code，二者只能有一个。',
      en: 'Send either ticket or code, and not both.',
    },
  })
}
