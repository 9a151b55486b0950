import type { Secret } from '@kaimen/wechat'
import type { Clock } from '../clock.ts'
import { KaimenError } from '../errors.ts'
import type { EphemeralStore } from '../store/ephemeral-store.ts'
import { verifyNothing, verifyPassword } from './hash.ts'
import { countGuess, forgetFailures } from './lockout.ts'
import type { PasswordSettings } from './options.ts'
import type { HashSlot } from './queue.ts'

type Parts = {
  readonly ephemeral: EphemeralStore
  readonly clock: Clock
  readonly passwords: PasswordSettings
}

/**
 * Compares a password with what is stored, as one guess of its account. Known and unknown accounts
 * take the same time, and are locked alike. [AU-2] [AU-4]
 *
 * @param guess.account What guesses are counted by.
 * @param guess.stored `undefined`: there is no such account, or it has no password.
 * @throws {@link KaimenError} `rate_limited` while the account's password is locked.
 */
export async function comparePassword(
  parts: Parts,
  slot: HashSlot,
  { account, stored, password }: { account: string; stored: string | undefined; password: Secret },
): Promise<'right' | 'right_outdated' | 'wrong'> {
  const { cost, lockout } = parts.passwords
  const guess = await countGuess(parts, lockout, account)
  if (guess !== 'allowed') {
    throw new KaimenError('rate_limited', { retryAfterSeconds: guess.lockedForSeconds })
  }
  const verdict =
    stored === undefined
      ? await verifyNothing({ slot, cost }, password)
      : await verifyPassword({ slot, cost }, stored, password)
  if (verdict !== 'right' && verdict !== 'right_outdated') return 'wrong'
  await forgetFailures(parts, account)
  return verdict
}
