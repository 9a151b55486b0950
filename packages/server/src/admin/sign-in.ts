import type { Secret } from '@kaimen/wechat'
import { minuteMs } from '../clock.ts'
import { sha256 } from '../digest.ts'
import { KaimenError } from '../errors.ts'
import { recordEvent, stampEvent } from '../events.ts'
import type { AuthEvent } from '../hooks.ts'
import { formatId } from '../id.ts'
import { comparePassword } from '../password/compare.ts'
import { countGuess, forgetFailures } from '../password/lockout.ts'
import { open } from '../seal.ts'
import type { AdminFactor, StoredAdmin } from '../store/admin-store.ts'
import type { AdminParts } from './parts.ts'
import { digestRecoveryCode } from './recovery-code.ts'
import { newSession, type SignedInAdmin } from './session.ts'
import { totpPlace } from './set-up.ts'
import { findStep } from './totp.ts'

/** For so long the second step may follow the first. */
export const ticketMs = 5 * minuteMs

/**
 * The first step. A name that nobody has is answered, timed and locked as one that somebody has.
 * [AU-2] [AU-4]
 *
 * @returns The ticket for the second step.
 * @throws {@link KaimenError} `admin_password_wrong`; `rate_limited` while the name is locked.
 */
export async function beginSignIn(
  parts: AdminParts,
  { name, password }: { name: string; password: Secret },
): Promise<string> {
  const { store, ephemeral, random } = parts
  const admin = await store.findAdminByName(name)
  return audited(parts, admin, 'password', async () => {
    const account = `administrator ${name.toLowerCase()}`
    const verdict = await parts.passwords.hashing.run((slot) =>
      comparePassword(parts, slot, { account, stored: admin?.password, password }),
    )
    if (verdict === 'wrong' || !admin) throw new KaimenError('admin_password_wrong')
    const ticket = Buffer.from(random(32)).toString('base64url')
    await ephemeral.set(ticketKey(ticket), String(admin.id), ticketMs)
    return ticket
  })
}

const ticketKey = (ticket: string) => `admin-ticket/${sha256(ticket)}`

/**
 * The second step: opens a session. What was used once opens none again.
 *
 * @throws {@link KaimenError} `admin_required` where the ticket is none, or too old;
 *   `second_factor_wrong`; `rate_limited` after too many wrong ones.
 */
export async function finishSignIn(
  parts: AdminParts,
  { ticket, code }: { ticket: string; code: string },
): Promise<SignedInAdmin> {
  const { store, ephemeral, passwords, emit } = parts
  const id = await ephemeral.get(ticketKey(ticket))
  const admin = id === undefined ? undefined : await store.findAdmin(Number(id))
  if (!admin || admin.ended_at !== null) throw new KaimenError('admin_required')
  const signedIn = await audited(parts, admin, 'second_factor', async () => {
    const account = `second factor of administrator ${admin.id}`
    const guess = await countGuess(parts, passwords.lockout, account)
    if (guess !== 'allowed') {
      throw new KaimenError('rate_limited', { retryAfterSeconds: guess.lockedForSeconds })
    }
    const factor = readFactor(parts, admin, code)
    const session = newSession(parts, admin.id)
    const told: AuthEvent = {
      kind: 'admin_signed_in',
      admin_id: formatId('adm', admin.id),
      by: factor && 'recovery' in factor ? 'recovery_code' : 'authenticator',
    }
    const event = stampEvent(parts, told)
    if (!factor || (await store.openAdminSession({ session, factor, event })) === 'used') {
      throw new KaimenError('second_factor_wrong')
    }
    emit(told)
    await forgetFailures(parts, account)
    return { session, admin }
  })
  await ephemeral.take(ticketKey(ticket))
  return signedIn
}

function readFactor(
  { ring, clock }: AdminParts,
  admin: StoredAdmin,
  code: string,
): AdminFactor | undefined {
  const recovery = digestRecoveryCode(code)
  if (recovery !== undefined) return { recovery }
  const totp = open(ring, totpPlace(admin.id), admin.totp)
  if (totp === undefined) return undefined
  const typed = code.replaceAll(' ', '')
  const totp_step = findStep(Buffer.from(totp, 'base64'), typed, clock.now())
  return totp_step === undefined ? undefined : { totp_step }
}

/** Writes down what was refused, of whom where that is known. [LG-1] */
async function audited<Result>(
  parts: AdminParts,
  admin: StoredAdmin | undefined,
  step: 'password' | 'second_factor',
  attempt: () => Promise<Result>,
): Promise<Result> {
  try {
    return await attempt()
  } catch (error) {
    if (error instanceof KaimenError && error.code !== 'unavailable') {
      await recordEvent(parts, {
        kind: 'admin_sign_in_failed',
        ...(admin && { admin_id: formatId('adm', admin.id) }),
        step,
        code: error.code,
      })
    }
    throw error
  }
}
