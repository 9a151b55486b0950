import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

/**
 * Users, sessions and events are numbered by time-ordered whole numbers that fit a double: 41 bits
 * of milliseconds since 2024, then 12 bits that count up within one. New rows go to the end of a
 * b-tree, which is what keeps inserts cheap.
 */
const epochMs = Date.UTC(2024, 0, 1)
const perMillisecond = 4096

/**
 * Gives numbers that only grow, also when the clock is set back. Each millisecond begins at a
 * number by chance in its first half, so that two processes seldom collide; an index decides.
 */
export function countUp(clock: Clock, random: Random): () => number {
  let last = 0
  let lastMs = 0
  return () => {
    const nowMs = clock.now()
    if (nowMs <= lastMs) return ++last
    lastMs = nowMs
    const chance = Buffer.from(random(2)).readUInt16BE() % (perMillisecond / 2)
    last = Math.max(last + 1, (nowMs - epochMs) * perMillisecond + chance)
    return last
  }
}

/** When a number was given, in milliseconds since the Unix epoch. */
export function timeOfId(id: number): number {
  return Math.floor(id / perMillisecond) + epochMs
}

/** The least number that could be given at an instant: in milliseconds since the Unix epoch. */
export function idAt(ms: number): number {
  return Math.max(0, (ms - epochMs) * perMillisecond)
}

/**
 * How a number is written outside the store: `usr_`, `ses_`, or of conflicts, merges, events,
 * service credentials and administrators `cnf_`, `mrg_`, `evt_`, `crd_` and `adm_`; then eleven
 * digits to the base 32, as in `usr_0akg5je1000`.
 */
export type IdKind = 'usr' | 'ses' | 'cnf' | 'mrg' | 'evt' | 'crd' | 'adm'

const lowDigits = 6
const highDigits = 5
const perHigh = 32 ** lowDigits

/** In two halves: V8 writes small integers three times as fast as large doubles. */
export function formatId(kind: IdKind, id: number): string {
  const high = Math.floor(id / perHigh)
  const low = id - high * perHigh
  return `${kind}_${digitsOf(high, highDigits)}${digitsOf(low, lowDigits)}`
}

const digitsOf = (part: number, count: number) => part.toString(32).padStart(count, '0')

/** @returns `undefined` for anything that {@link formatId} did not write. */
export function parseId(kind: IdKind, text: string): number | undefined {
  if (!text.startsWith(`${kind}_`) || !/^[a-z]{3}_[0-9a-v]{11}$/.test(text)) return undefined
  const id = Number.parseInt(text.slice(4), 32)
  return Number.isSafeInteger(id) ? id : undefined
}
