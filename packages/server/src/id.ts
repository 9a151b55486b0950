import type { Clock } from './clock.ts'

/**
 * Users, sessions and events are numbered by time-ordered whole numbers that fit a double: 41 bits
 * of milliseconds since 2024, then 12 bits that count up within one. New rows go to the end of a
 * b-tree, which is what keeps inserts cheap.
 */
const epochMs = Date.UTC(2024, 0, 1)
const perMillisecond = 4096

/**
 * Gives numbers that only grow, also when the clock is set back. Two processes may collide: an
 * index decides.
 */
export function countUp(clock: Clock): () => number {
  let last = 0
  return () => {
    last = Math.max(last + 1, (clock.now() - epochMs) * perMillisecond)
    return last
  }
}

/**
 * How a number is written outside the store: `usr_` or `ses_`, then eleven characters of
 * Crockford's base 32.
 */
export type IdKind = 'usr' | 'ses'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const digits = 11
const pattern = new RegExp(`^(usr|ses)_([${alphabet}]{${digits}})$`)

export function formatId(kind: IdKind, id: number): string {
  let text = ''
  for (let rest = id, i = 0; i < digits; i++, rest = Math.floor(rest / 32)) {
    text = alphabet.charAt(rest % 32) + text
  }
  return `${kind}_${text}`
}

/** @returns `undefined` for anything that {@link formatId} did not write. */
export function parseId(kind: IdKind, text: string): number | undefined {
  const match = pattern.exec(text)
  if (match?.[1] !== kind || !match[2]) return undefined
  let id = 0
  for (const character of match[2]) id = id * 32 + alphabet.indexOf(character)
  return Number.isSafeInteger(id) ? id : undefined
}
