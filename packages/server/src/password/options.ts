import * as v from 'valibot'
import { secondMs } from '../clock.ts'
import { ConfigError } from '../errors.ts'
import { defaultHashCost, maxHashCost, type HashCost } from './hash.ts'
import { hardLimit, type LockoutLimits } from './lockout.ts'
import type { PasswordPolicy } from './policy.ts'
import { defaultConcurrency, waitingPerCore, type QueueLimits } from './queue.ts'

export type PasswordOptions = {
  /**
   * The shortest password that can be set, in characters, 8 to 64. Default 15, which is what NIST
   * SP 800-63B-4 (3.1.1.2) and OWASP ASVS ask for where a phone number and a password alone sign
   * in. Less is for those whose passwords never do, and for those who take the risk.
   */
  minLength?: number | undefined
  /**
   * Whether a password and a number that nobody has proven make a user: `unverified`. Such a number
   * links nothing, and goes to whoever proves it. Default `verified`: the number comes first.
   */
  registration?: 'verified' | 'unverified' | undefined
  /**
   * Names that a password must not be made of: of the app, the brand, the company. Kaimen's and
   * WeChat's count without being named.
   */
  contextWords?: readonly string[] | undefined
  hash?:
    | {
        /** Memory of one hash in KiB, 19456 to 262144. Default 19456. */
        memoryKib?: number | undefined
        /** Argon2's `t`, 2 to 16. Default 2. */
        passes?: number | undefined
        /** Argon2's `p`, 1 to 16. Default 1. */
        lanes?: number | undefined
        /** How many are computed at once, 1 to 64. Default one a core, 3 at most. */
        concurrency?: number | undefined
        /** How many wait before more are refused, 0 to 10000. Default 32 for each at once. */
        maxWaiting?: number | undefined
      }
    | undefined
  lockout?:
    | {
        /** So many wrong passwords in a row lock the password, 1 to 100. Default 10. */
        maxFailures?: number | undefined
        /** For so long at first, doubled by each further one, 60 to 86400. Default 900. */
        lockSeconds?: number | undefined
      }
    | undefined
}

export type PasswordSettings = {
  readonly registration: 'verified' | 'unverified'
  readonly policy: PasswordPolicy
  readonly cost: HashCost
  readonly queue: QueueLimits
  readonly lockout: LockoutLimits
}

const names = 'a list of names'
const group = 'a group of options'

const Schema = v.strictObject(
  {
    minLength: v.optional(between(8, 64), 15),
    registration: v.optional(
      v.picklist(['verified', 'unverified'], 'verified or unverified'),
      'verified',
    ),
    contextWords: v.optional(v.array(v.string(names), names), []),
    hash: v.optional(
      v.strictObject(
        {
          memoryKib: v.optional(
            between(defaultHashCost.memoryKib, maxHashCost.memoryKib),
            defaultHashCost.memoryKib,
          ),
          passes: v.optional(
            between(defaultHashCost.passes, maxHashCost.passes),
            defaultHashCost.passes,
          ),
          lanes: v.optional(
            between(defaultHashCost.lanes, maxHashCost.lanes),
            defaultHashCost.lanes,
          ),
          concurrency: v.optional(between(1, 64), defaultConcurrency),
          maxWaiting: v.optional(between(0, 10_000)),
        },
        group,
      ),
      {},
    ),
    lockout: v.optional(
      v.strictObject(
        {
          maxFailures: v.optional(between(1, hardLimit), 10),
          lockSeconds: v.optional(between(60, 86_400), 900),
        },
        group,
      ),
      {},
    ),
  },
  group,
) satisfies v.GenericSchema<PasswordOptions, unknown>

function between(min: number, max: number) {
  const range = `a whole number from ${min} to ${max}`
  return v.pipe(v.number(range), v.integer(range), v.minValue(min, range), v.maxValue(max, range))
}

/** @throws {@link ConfigError} That names the option and its range. */
export function checkPasswordOptions(options: PasswordOptions = {}): PasswordSettings {
  const result = v.safeParse(Schema, options)
  if (!result.success) {
    const [issue] = result.issues
    const path = ['password', ...(issue.path ?? []).map(({ key }) => String(key))].join('.')
    throw new ConfigError(
      issue.expected === 'never'
        ? `${path} is not an option.`
        : `${path} has to be ${issue.message}.`,
    )
  }
  const { registration, minLength, contextWords, hash, lockout } = result.output
  const { concurrency, maxWaiting = concurrency * waitingPerCore, ...cost } = hash
  return {
    registration,
    policy: { minLength, contextWords },
    cost,
    queue: { concurrency, maxWaiting },
    lockout: { maxFailures: lockout.maxFailures, lockMs: lockout.lockSeconds * secondMs },
  }
}
