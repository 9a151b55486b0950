import type { Secret } from '@kaimen/wechat'
import type { Random } from '../random.ts'
import { hashPassword } from './hash.ts'
import type { PasswordSettings } from './options.ts'
import { judgePassword, weakPassword, type PasswordContext } from './policy.ts'
import type { HashQueue } from './queue.ts'

type Parts = {
  readonly random: Random
  readonly passwords: PasswordSettings & { readonly hashing: HashQueue }
}

/**
 * Makes a password that somebody chose into what is kept of it.
 *
 * @returns The PHC text of its hash.
 * @throws KaimenError `password_weak`; `unavailable` when too many wait.
 */
export async function choosePassword(
  { random, passwords }: Parts,
  context: PasswordContext,
  wanted: Secret,
): Promise<string> {
  const { policy, cost, hashing } = passwords
  const judgement = await judgePassword(policy, context, wanted)
  if (judgement !== 'fine') throw weakPassword(policy, judgement)
  return hashing.run((slot) => hashPassword({ slot, cost, random }, wanted))
}
