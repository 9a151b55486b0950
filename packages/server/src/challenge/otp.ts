import { minuteMs } from '../clock.ts'
import { equalBytes, mac } from '../digest.ts'
import { KaimenError } from '../errors.ts'
import type { KeyRing } from '../key-ring.ts'
import type { Random } from '../random.ts'
import type { SmsOutcome } from '../sms/sms-sender.ts'
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
/** Wrong ones for one code. */
export const maxOtpTries = 5

/**
 * Makes a code for a number and sends it. The store keeps its MAC, not the code. [OTP-4] It takes
 * the place of the one before only once it was sent: a send that is refused leaves that good.
 * [OTP-6]
 */
export async function issueOtp(
  parts: OtpParts,
  target: OtpTarget,
  send: (otp: string) => Promise<SmsOutcome>,
): Promise<SmsOutcome> {
  const otp = makeOtp(parts.random)
  const made = digest(parts, target, otp)
  // Outlives the code, which would get as many tries again. Written first, so that nothing is sent
  // when the store cannot be written to.
  await parts.ephemeral.set(triesKey(made), '0', 2 * otpTtlMs)
  const outcome = await send(otp)
  if (outcome === 'sent') await parts.ephemeral.set(key(target), made, otpTtlMs)
  // It may yet arrive, but must not cost the person one that has.
  if (outcome === 'unavailable') await parts.ephemeral.add(key(target), made, otpTtlMs)
  return outcome
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
  const tries = await parts.ephemeral.increment(triesKey(expected), 1, 2 * otpTtlMs)
  if (tries > maxOtpTries) throw new KaimenError('otp_exhausted')
  if (!equalBytes(Buffer.from(expected), Buffer.from(digest(parts, target, otp)))) {
    throw new KaimenError(tries === maxOtpTries ? 'otp_exhausted' : 'otp_wrong')
  }
  // Of two who have the right code at once one spends it, and neither a newer one that was sent meanwhile.
  if (!(await parts.ephemeral.replace(key(target), expected, spent, otpTtlMs))) {
    throw new KaimenError('otp_expired')
  }
}

/** Stands where a code stood that was used. */
const spent = ''

const key = ({ purpose, phone_index }: OtpTarget) => `otp/${purpose}/${phone_index}`
/** Each code has tries of its own, counted by its MAC. */
const triesKey = (made: string) => `otp-tries/${made}`

/** Six digits, all equally likely. [OTP-1] */
export function makeOtp(random: Random): string {
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
