import { dayMs, minuteMs, secondMs } from '../clock.ts'
import { equalBytes, mac } from '../digest.ts'
import { KaimenError } from '../errors.ts'
import type { KeyRing } from '../key-ring.ts'
import type { Random } from '../random.ts'
import type { EphemeralStore } from '../store/ephemeral-store.ts'

/** One-use codes sent by SMS. Phones stand in keys only as their blind index. */
export type OtpParts = { ephemeral: EphemeralStore; ring: KeyRing; random: Random }

/** What a code is good for; one for another purpose is a wrong one. [OTP-5] */
export type OtpTarget = {
  /** Blind index of the number. */
  readonly phone_index: string
  readonly purpose: 'sign_in' | `change_phone/${number}`
}

export const otpTtlMs = 5 * minuteMs
/** Before another may be sent to the same number. */
export const otpResendMs = minuteMs
const maxTries = 5

/** How many may be sent to one number. [OTP-6] */
const sendLimits = [
  { name: 'minute', max: 1, windowMs: otpResendMs },
  { name: 'hour', max: 5, windowMs: 60 * minuteMs },
  { name: 'day', max: 10, windowMs: dayMs },
] as const

/**
 * Makes a code for a number. The store keeps its MAC, not the code. [OTP-4]
 *
 * @throws {@link KaimenError} `rate_limited`: the code that was sent before stays good. [OTP-6]
 */
export async function issueOtp(parts: OtpParts, target: OtpTarget): Promise<string> {
  for (const { name, max, windowMs } of sendLimits) {
    const sent = await parts.ephemeral.increment(
      `otp-sent/${name}/${target.phone_index}`,
      1,
      windowMs,
    )
    if (sent > max) {
      throw new KaimenError('rate_limited', { retryAfterSeconds: windowMs / secondMs })
    }
  }
  const otp = randomDigits(parts.random)
  await parts.ephemeral.set(key(target), digest(parts, target, otp), otpTtlMs)
  await parts.ephemeral.take(triesKey(target))
  return otp
}

/**
 * Uses a code up. Each try is counted before it is compared, so that parallel guesses gain nothing.
 * [OTP-2] [OTP-3]
 *
 * @throws {@link KaimenError} `otp_wrong`, `otp_expired`, `otp_exhausted`
 */
export async function spendOtp(parts: OtpParts, target: OtpTarget, otp: string): Promise<void> {
  const expected = await parts.ephemeral.get(key(target))
  if (!expected) throw new KaimenError('otp_expired')
  const tries = await parts.ephemeral.increment(triesKey(target), 1, otpTtlMs)
  if (tries > maxTries) throw new KaimenError('otp_exhausted')
  if (!equalBytes(Buffer.from(expected), Buffer.from(digest(parts, target, otp)))) {
    throw new KaimenError(tries === maxTries ? 'otp_exhausted' : 'otp_wrong')
  }
  // Of two who have the right code at once one spends it, and neither a newer one that was sent meanwhile.
  if (!(await parts.ephemeral.replace(key(target), expected, spent, otpTtlMs))) {
    throw new KaimenError('otp_expired')
  }
}

/** Stands where a code stood that was used. */
const spent = ''

const key = ({ purpose, phone_index }: OtpTarget) => `otp/${purpose}/${phone_index}`
const triesKey = ({ purpose, phone_index }: OtpTarget) => `otp-tries/${purpose}/${phone_index}`

/** Six digits, all equally likely. [OTP-1] */
function randomDigits(random: Random): string {
  // 4,294 whole millions fit into 32 bits; what is above them would make low codes likelier.
  const fair = 4294 * 1_000_000
  for (;;) {
    const number = Buffer.from(random(4)).readUInt32BE()
    if (number < fair) return String(number % 1_000_000).padStart(6, '0')
  }
}

function digest({ ring }: OtpParts, target: OtpTarget, otp: string): string {
  const secretKey = ring.key('otp', ring.current)
  if (!secretKey) throw new Error('The key ring has no key of its current version')
  const text = JSON.stringify([target.purpose, target.phone_index, otp])
  return `${ring.current}:${mac(secretKey, Buffer.from(text)).toString('base64url')}`
}
