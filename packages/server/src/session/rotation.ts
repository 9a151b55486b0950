import { dayMs, secondMs } from '../clock.ts'
import { ConfigError } from '../errors.ts'

export type SigningKeyOptions = {
  /** Days after which another key signs, 1 to 3650; 0: only when an operator says so. Default 90. */
  rotateDays?: number | undefined
  /**
   * For so long a key is published before it signs: verifiers may hold the JWK set that they have.
   * 680 to 2592000 (30 days). Default 680.
   */
  publishSeconds?: number | undefined
  /**
   * For so long a key stays published after it signed last: `accessTokenSeconds` + 80, to 2592000
   * (30 days). Default the least.
   */
  overlapSeconds?: number | undefined
}

/** When signing keys move on. [TK-5] */
export type Rotation = {
  /** `Infinity`: only when an operator says so. */
  readonly rotateMs: number
  readonly publishMs: number
  readonly overlapMs: number
}

/** For so long whoever fetched the JWK set may go by it. */
export const jwksMaxAgeSeconds = 600
/** A node reads the keys anew when they are older than this. */
export const reloadMs = 10 * secondMs
/** Nothing is signed or published with keys older than this, as long as the store answers. */
export const longestHeldMs = 2 * reloadMs
/** By how much the clocks of nodes and verifiers may differ; seconds. */
const skewSeconds = 60

const unseenSeconds = longestHeldMs / secondMs + skewSeconds
const leastPublishSeconds = jwksMaxAgeSeconds + unseenSeconds
const monthSeconds = (30 * dayMs) / secondMs
/** Keys move on when what has had its time is tidied away. */
const tidySeconds = 600

/**
 * @throws {@link ConfigError} Where the intervals contradict one another or the life of access
 *   tokens.
 */
export function checkRotation(options: SigningKeyOptions = {}, accessLifetimeMs: number): Rotation {
  refuseUnknown(options)
  const lifetimeSeconds = accessLifetimeMs / secondMs
  const leastOverlapSeconds = lifetimeSeconds + unseenSeconds
  const { rotateDays = 90 } = options
  const { publishSeconds = leastPublishSeconds, overlapSeconds = leastOverlapSeconds } = options
  if (!isBetween(rotateDays, 0, 3650)) {
    throw new ConfigError('signingKeys.rotateDays has to be a whole number from 0 to 3650.')
  }
  if (!isBetween(publishSeconds, leastPublishSeconds, monthSeconds)) {
    throw new ConfigError(
      `signingKeys.publishSeconds has to be a whole number from ${leastPublishSeconds} to ${monthSeconds}: verifiers hold a JWK set for ${jwksMaxAgeSeconds} s, and nodes and clocks lag behind by up to ${unseenSeconds} s.`,
    )
  }
  if (!isBetween(overlapSeconds, leastOverlapSeconds, monthSeconds)) {
    throw new ConfigError(
      `signingKeys.overlapSeconds has to be a whole number from ${leastOverlapSeconds} to ${monthSeconds}: access tokens live for ${lifetimeSeconds} s, and nodes and clocks lag behind by up to ${unseenSeconds} s. Raise it, or lower accessTokenSeconds.`,
    )
  }
  const leastRotateSeconds = Math.max(publishSeconds, overlapSeconds) + tidySeconds
  const rotateMs = rotateDays === 0 ? Infinity : rotateDays * dayMs
  if (rotateMs < leastRotateSeconds * secondMs) {
    const longer = publishSeconds > overlapSeconds ? 'publishSeconds' : 'overlapSeconds'
    const leastDays = Math.ceil((leastRotateSeconds * secondMs) / dayMs)
    throw new ConfigError(
      `signingKeys.rotateDays is ${rotateDays}, so keys would be rotated before signingKeys.${longer} is over. Make rotateDays ${leastDays} at least, or ${longer} less.`,
    )
  }
  return { rotateMs, publishMs: publishSeconds * secondMs, overlapMs: overlapSeconds * secondMs }
}

const names = ['rotateDays', 'publishSeconds', 'overlapSeconds']

function refuseUnknown(options: unknown) {
  if (typeof options !== 'object' || options === null) {
    throw new ConfigError('signingKeys has to be a group of options.')
  }
  const unknown = Object.keys(options).filter((name) => !names.includes(name))
  if (unknown.length === 0) return
  throw new ConfigError(
    `signingKeys has no option ${unknown.join(', ')}. It takes ${names.join(', ')}.`,
  )
}

function isBetween(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max
}
