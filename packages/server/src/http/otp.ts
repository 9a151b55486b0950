import { OtpBody } from '@kaimen/protocol'
import { issueOtp, otpResendMs, otpTtlMs } from '../challenge/otp.ts'
import { readTicket } from '../challenge/ticket.ts'
import { KaimenError } from '../errors.ts'
import { phoneIndexes } from '../user/phone.ts'
import { readBody } from './body.ts'
import type { Handler } from './handlers.ts'
import type { SmsOutcome } from '../sms/sms-sender.ts'
import { jsonResponse } from './reply.ts'
import { readPhone } from './sign-in-phone.ts'

/** `POST /v1/otp`. The answer is the same whether the number is known or not. [AU-4] */
export const sendOtp: Handler = async (parts, { request }) => {
  const body = await readBody(request, OtpBody)
  if (!parts.sms) throw notConfigured()
  const phone = readPhone(body.phone)
  if (body.ticket !== undefined) await readTicket(parts, body.ticket)
  const [phone_index = ''] = phoneIndexes(parts.ring, phone)
  const otp = await issueOtp(parts, { phone_index, purpose: 'sign_in' })
  const outcome = await parts.sms.send({ phone: phone.e164, otp, ttlSeconds: otpTtlMs / 1000 })
  if (outcome !== 'sent') throw refusal(outcome)
  const reply = { expires_in: otpTtlMs / 1000, retry_after: otpResendMs / 1000 }
  return jsonResponse(reply, { status: 202 })
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
