import { OtpBody } from '@kaimen/protocol'
import { issueOtp, otpTtlMs, type OtpTarget } from '../challenge/otp.ts'
import { countOtp, windowMs } from '../challenge/otp-limits.ts'
import { minuteMs, secondMs } from '../clock.ts'
import { KaimenError } from '../errors.ts'
import { recordEvent } from '../events.ts'
import { formatId } from '../id.ts'
import { maskPhone } from '../phone-number.ts'
import { phoneIndexes } from '../user/phone.ts'
import { readBody } from './body.ts'
import { caller } from './caller.ts'
import { askCaptcha } from './captcha.ts'
import {
  addressOf,
  onlyApp,
  ticketApp,
  type Call,
  type Handler,
  type HttpParts,
} from './handlers.ts'
import type { SmsOutcome } from '../sms/sms-sender.ts'
import { jsonResponse } from './reply.ts'
import { readPhone } from './sign-in-phone.ts'

/**
 * `POST /v1/otp`. The answer is the same whether the number is known or not. [AU-4] Where a store
 * or the CAPTCHA cannot be asked nothing is sent. [OTP-6]
 */
export const sendOtp: Handler = async (parts, call) => {
  const body = await readBody(call.request, OtpBody)
  const { sms } = parts
  if (!sms) throw notConfigured()
  const phone = readPhone(body.phone)
  const [phone_index = ''] = phoneIndexes(parts.ring, phone)
  const { purpose, ...sender } = await readSender(parts, call, body).catch(refuseUnknown)
  const { app_id } = sender
  const address = addressOf(parts, call)
  await askCaptcha(parts, { token: body.captcha, app_id, address })
  await countOtp(parts, { address, app_id, phone_index }).catch(refuseUnknown)
  const outcome = await issueOtp(parts, { phone_index, purpose }, (otp) =>
    sms.send({ phone: phone.e164, otp, ttlMinutes: otpTtlMs / minuteMs }),
  ).catch(refuseUnknown)
  if (outcome !== 'sent') throw refusal(outcome)
  await recordEvent(parts, { kind: 'otp_sent', ...sender, phone: maskPhone(phone) })
  const reply = { expires_in: otpTtlMs / secondMs, retry_after: pauseSeconds }
  return jsonResponse(reply, { status: 202 })
}

const pauseSeconds = windowMs.pause / secondMs

type Sender = {
  app_id: string | undefined
  purpose: OtpTarget['purpose']
  /** Who asks, where somebody is signed in. */
  user_id?: string
}

/**
 * Whose app sends, and what for. With an access token the code is for changing that user's number,
 * and for nothing else. [OTP-5]
 */
async function readSender(
  parts: HttpParts,
  call: Call,
  { ticket, app_id }: OtpBody,
): Promise<Sender> {
  const app =
    ticket === undefined && app_id === undefined
      ? onlyApp(parts.apps)
      : await ticketApp(parts, ticket, app_id)
  if (!call.request.headers.has('authorization')) {
    return { app_id: app?.app_id, purpose: 'sign_in' }
  }
  const { user, session } = await caller(parts, call)
  const user_id = formatId('usr', user.id)
  return { app_id: session.app_id, purpose: `change_phone/${user.id}`, user_id }
}

/** A failure of what is asked before a code is sent; the operator is told of its cause. */
function refuseUnknown(error: unknown): never {
  if (error instanceof KaimenError) throw error
  throw new KaimenError('unavailable', { cause: error, retryAfterSeconds: 5 })
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
      return new KaimenError('rate_limited', { retryAfterSeconds: pauseSeconds })
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
        retryAfterSeconds: pauseSeconds,
      })
  }
}
