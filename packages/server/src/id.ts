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
 * How a number is written outside the store: `usr_`, `ses_`, or of conflicts, merges and events
 * `cnf_`, `mrg_` and `evt_`; then eleven digits to the base 32, as in `usr_0akg5je1000`.
 */
export type IdKind = 'usr' | 'ses' | 'cnf' | 'mrg' | 'evt'

const digits = 11

export function formatId(kind: IdKind, id: number): string {
  return `${kind}_${id.toString(32).padStart(digits, '0')}`
}

/** @returns `undefined` for anything that {@link formatId} did not write. */
export function parseId(kind: IdKind, text: string): number | undefined {
  if (!text.startsWith(`${kind}_`) || !/^[a-z]{3}_[0-9a-v]{11}$/.test(text)) return undefined
  const id = Number.parseInt(text.slice(4), 32)
  return Number.isSafeInteger(id) ? id : undefined
}
