import type { Secret } from '@kaimen/wechat'
import { KaimenError } from '../errors.ts'
import { comparePassword } from '../password/compare.ts'
import { hashPassword } from '../password/hash.ts'
import type { PasswordSettings } from '../password/options.ts'
import type { HashQueue } from '../password/queue.ts'
import type { Clock } from '../clock.ts'
import type { Random } from '../random.ts'
import type { EphemeralStore } from '../store/ephemeral-store.ts'
import type { Store } from '../store/store.ts'

export type PasswordParts = {
  readonly store: Store
  readonly ephemeral: EphemeralStore
  readonly clock: Clock
  readonly random: Random
  readonly passwords: PasswordSettings & { readonly hashing: HashQueue }
}

/**
 * The right password proves that somebody is this user. Known and unknown accounts take the same
 * time, and are locked alike. [AU-2] [AU-4]
 *
 * @param account What guesses are counted by: the phone's blind index.
 * @param user_id `undefined`: there is no such account.
 * @returns The hash that stands now.
 * @throws {@link KaimenError} `password_wrong`; `rate_limited` while the account's password is
 *   locked, which blocks no other way in [AU-3]; `unavailable` when too many wait.
 */
export async function proveByPassword(
  parts: PasswordParts,
  account: string,
  user_id: number | undefined,
  password: Secret,
): Promise<string> {
  const { store, passwords, random } = parts
  const { cost, hashing } = passwords
  return hashing.run(async (slot) => {
    const stored = user_id === undefined ? undefined : await store.findPassword(user_id)
    const verdict = await comparePassword(parts, slot, { account, stored, password })
    if (verdict === 'wrong' || user_id === undefined || stored === undefined) {
      throw new KaimenError('password_wrong')
    }
    if (verdict === 'right') return stored
    const anew = await hashPassword({ slot, cost, random }, password)
    const outcome = await store.setPassword({ user_id, password: anew, replaces: stored })
    return outcome === 'set' ? anew : stored
  })
}
