import { dayMs, secondMs, type Clock } from '../clock.ts'
import { sha256 } from '../digest.ts'
import { passOutage } from '../outage.ts'
import type { EphemeralStore } from '../store/ephemeral-store.ts'

export type LockoutLimits = {
  /** So many wrong passwords in a row lock the account's password. */
  readonly maxFailures: number
  /** For so long at first. Each further failure doubles it, up to a day. */
  readonly lockMs: number
}

/** So many in a row, however slow, and the password is no way in any more. NIST SP 800-63B-4, 3.2.2. */
export const hardLimit = 100
/** How long failures are remembered after the last one. */
const rememberMs = 365 * dayMs
const longestLockMs = dayMs
/** Of those who race, one gets on each time, and after {@link hardLimit} of them all are locked out. */
const maxTries = 2 * hardLimit

type Parts = { ephemeral: EphemeralStore; clock: Clock }
type Failures = { count: number; locked_until: number }

/**
 * Counts a guess before it is compared, so that no number of guesses at a time gets past the limit.
 * [AU-2] What is counted is the account's alone: where a guess comes from plays no role. And it is
 * the password's alone: WeChat and SMS sign in as before. [AU-3]
 *
 * @param account What names the account, whether or not there is one, so that both are locked
 *   alike: the phone's blind index. A digest of it becomes the key.
 * @returns `allowed`: compare now, and call {@link forgetFailures} when it was right.
 */
export async function countGuess(
  { ephemeral, clock }: Parts,
  limits: LockoutLimits,
  account: string,
): Promise<'allowed' | { lockedForSeconds: number }> {
  const key = keyOf(account)
  for (let tries = 0; tries < maxTries; tries++) {
    const text = await ephemeral.get(key)
    const known = text === undefined ? undefined : (JSON.parse(text) as Failures)
    const now = clock.now()
    if (known && known.locked_until > now) {
      return { lockedForSeconds: Math.ceil((known.locked_until - now) / secondMs) }
    }
    const count = (known?.count ?? 0) + 1
    const lockMs = lockAfter(limits, count)
    const next: Failures = { count, locked_until: lockMs === 0 ? 0 : now + lockMs }
    // Not `increment`: the count and the end of the lock change in one act, or not at all.
    const written =
      text === undefined
        ? await ephemeral.add(key, JSON.stringify(next), rememberMs)
        : await ephemeral.replace(key, text, JSON.stringify(next), rememberMs)
    if (written) return 'allowed'
  }
  return { lockedForSeconds: 1 }
}

/**
 * After a right password, and after a new one was set by another proof; neither is undone by a
 * store that went away in between.
 */
export async function forgetFailures(
  { ephemeral }: Pick<Parts, 'ephemeral'>,
  account: string,
): Promise<void> {
  await ephemeral.take(keyOf(account)).catch(passOutage)
}

function lockAfter({ maxFailures, lockMs }: LockoutLimits, count: number): number {
  if (count >= hardLimit) return rememberMs
  if (count < maxFailures) return 0
  return Math.min(lockMs * 2 ** (count - maxFailures), Math.max(longestLockMs, lockMs))
}

const keyOf = (account: string) => `password-failures/${sha256(account)}`
