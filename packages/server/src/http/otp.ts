import { OtpBody } from '@kaimen/protocol'
import { issueOtp, otpResendMs, otpTtlMs, type OtpTarget } from '../challenge/otp.ts'
import { readTicket } from '../challenge/ticket.ts'
import { minuteMs } from '../clock.ts'
import { KaimenError } from '../errors.ts'
import type { PhoneNumber } from '../phone-number.ts'
import { phoneIndexes } from '../user/phone.ts'
import { readBody } from './body.ts'
import { caller } from './caller.ts'
import type { Call, Handler, HttpParts } from './handlers.ts'
import type { SmsOutcome } from '../sms/sms-sender.ts'
import { jsonResponse } from './reply.ts'
import { readPhone } from './sign-in-phone.ts'

/** `POST /v1/otp`. The answer is the same whether the number is known or not. [AU-4] */
export const sendOtp: Handler = async (parts, call) => {
  const body = await readBody(call.request, OtpBody)
  if (!parts.sms) throw notConfigured()
  const phone = readPhone(body.phone)
  if (body.ticket !== undefined) await readTicket(parts, body.ticket)
  const otp = await issueOtp(parts, await otpTarget(parts, call, phone))
  const outcome = await parts.sms.send({ phone: phone.e164, otp, ttlMinutes: otpTtlMs / minuteMs })
  if (outcome !== 'sent') throw refusal(outcome)
  const reply = { expires_in: otpTtlMs / 1000, retry_after: otpResendMs / 1000 }
  return jsonResponse(reply, { status: 202 })
}

/** With an access token the code is for changing that user's number, and for nothing else. [OTP-5] */
async function otpTarget(parts: HttpParts, call: Call, phone: PhoneNumber): Promise<OtpTarget> {
  const [phone_index = ''] = phoneIndexes(parts.ring, phone)
  if (!call.request.headers.has('authorization')) return { phone_index, purpose: 'sign_in' }
  const { user } = await caller(parts, call)
  return { phone_index, purpose: `change_phone/${user.id}` }
}

function notConfigured() {
  return new KaimenError('not_found', {
    detail: {
      'zh-CN': '本服务没有配置短信，无法发送验证码。请改用手机号按钮登录。',
      en: 'This server has no SMS gateway, so it sends no codes. Sign in by the phone button.',
    },
  })
}

function refusal(outcome: Exclude<SmsOutcome, 'sent'>): KaimenError {
  switch (outcome) {
    case 'rate_limited':
      return new KaimenError('rate_limited', { retryAfterSeconds: otpResendMs / 1000 })
    case 'phone_refused':
      return new KaimenError('body_invalid', {
        detail: {
          'zh-CN': '短信网关不接受这个号码。请检查后重试。',
          en: 'The SMS gateway does not take this number. Check it and try again.',
        },
      })
    case 'misconfigured':
    case 'unavailable':
      return new KaimenError('unavailable', {
        cause: `sms: ${outcome}`,
        retryAfterSeconds: otpResendMs / 1000,
      })
  }
}
