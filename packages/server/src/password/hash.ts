import type { ParsedHashOptions } from '@node-rs/argon2'
import type { Secret } from '@kaimen/wechat'
import { KaimenError } from '../errors.ts'
import type { Random } from '../random.ts'
import type { HashSlot } from './queue.ts'
import { readPassword } from './text.ts'

/** What one hash costs. Source: OWASP Password Storage Cheat Sheet. [PW-4] */
export type HashCost = {
  readonly memoryKib: number
  /** Argon2's `t`. */
  readonly passes: number
  /** Argon2's `p`. */
  readonly lanes: number
}

export const defaultHashCost: HashCost = { memoryKib: 19_456, passes: 2, lanes: 1 }

/**
 * The dearest stored hash that is computed. Argon2 that asks for more memory than there is ends the
 * whole process, so that one bad row would take the server down.
 */
export const maxHashCost: HashCost = { memoryKib: 262_144, passes: 16, lanes: 16 }

const saltBytes = 16
const hashBytes = 32
/** How the package begins its hashes: Argon2id, version 19 (RFC 9106). */
const prefix = '$argon2id$v=19$'

/** Loaded for the first password: it is native code, and a server need not have any. */
const argon2 = () => import('@node-rs/argon2')

type Parts = { slot: HashSlot; cost: HashCost }

/**
 * - `right_outdated`: right, and stored at another cost or in an older way: hash and store it anew.
 *   Store it only where the old text still stands, so that a password changed meanwhile stays.
 * - `malformed`: what is stored is no Argon2 hash, or dearer than {@link maxHashCost}. To the client
 *   that is `wrong`; the operator is told.
 */
export type Verdict = 'right' | 'right_outdated' | 'wrong' | 'malformed'

/**
 * Hashes a password that the policy has found fine: Argon2id as a PHC string, which names its cost.
 *
 * @throws {@link KaimenError} `password_weak` for what {@link readPassword} does not take.
 */
export async function hashPassword(
  { cost, random }: Parts & { random: Random },
  password: Secret,
): Promise<string> {
  const read = readPassword(password)
  if (typeof read === 'string') throw new KaimenError('password_weak')
  const { hash } = await argon2()
  return hash(read.text, {
    memoryCost: cost.memoryKib,
    timeCost: cost.passes,
    parallelism: cost.lanes,
    outputLen: hashBytes,
    salt: random(saltBytes),
  })
}

/**
 * Compares a password with a stored hash, at the cost that the hash names. Argon2i, Argon2d and
 * version 16 are still read, as other systems wrote them.
 */
export async function verifyPassword(
  parts: Parts,
  stored: string,
  password: Secret,
): Promise<Verdict> {
  const read = readPassword(password)
  // Nobody has such a password: known and unknown accounts answer alike, and at once.
  if (typeof read === 'string') return 'wrong'
  const parameters = await parseStored(stored)
  if (!parameters) {
    await verifyNothing(parts, password)
    return 'malformed'
  }
  const { verify } = await argon2()
  if (!(await verify(stored, read.text))) return 'wrong'
  const current = stored.startsWith(prefix) && isOfCost(parameters, parts.cost)
  return current ? 'right' : 'right_outdated'
}

/**
 * [AU-4] Costs what {@link verifyPassword} does, and is never right: for an account that is not
 * there, or has no password, so that time does not tell the two apart.
 */
export async function verifyNothing({ cost }: Parts, password: Secret): Promise<'wrong'> {
  const read = readPassword(password)
  if (typeof read === 'string') return 'wrong'
  const { verify } = await argon2()
  await verify(nobodysHash(cost), read.text)
  return 'wrong'
}

/** The hash of no password that anyone can find. */
function nobodysHash({ memoryKib, passes, lanes }: HashCost): string {
  const zeros = (bytes: number) => Buffer.alloc(bytes).toString('base64').replace(/=+$/, '')
  return `${prefix}m=${memoryKib},t=${passes},p=${lanes}$${zeros(saltBytes)}$${zeros(hashBytes)}`
}

async function parseStored(stored: string): Promise<ParsedHashOptions | undefined> {
  const { parseOptions } = await argon2()
  let parsed
  try {
    parsed = parseOptions(stored)
  } catch {
    return undefined
  }
  const { memoryCost, timeCost, parallelism, outputLen } = parsed
  const { memoryKib, passes, lanes } = maxHashCost
  const bearable = memoryCost <= memoryKib && timeCost <= passes && parallelism <= lanes
  return bearable && outputLen >= 16 ? parsed : undefined
}

function isOfCost(stored: ParsedHashOptions, { memoryKib, passes, lanes }: HashCost): boolean {
  return (
    stored.memoryCost === memoryKib &&
    stored.timeCost === passes &&
    stored.parallelism === lanes &&
    stored.outputLen === hashBytes &&
    stored.saltLen >= saltBytes
  )
}
