import { secondMs, type Clock } from './clock.ts'
import { KaimenError } from './errors.ts'
import type { EphemeralStore } from './store/ephemeral-store.ts'

type Parts = {
  clock: Clock
  report: (message: string, error: unknown) => void
  /** Longest time of one verb. Default 2000: longer than what stores of ours take to give up. */
  patienceMs?: number
}

/** After a failure the store is left alone for so long: one that hangs must hold up nobody else. */
const pauseMs = secondMs

/**
 * Bounds what a store that is away costs. Each verb ends in time; after a failure the next ones are
 * refused at once, and then one at a time tries whether the store is back. The operator is told
 * when it goes and when it comes, not at each request.
 *
 * @returns Verbs that throw `unavailable`: who cannot do without lets it through and refuses the
 *   request, who can passes it by {@link passOutage}.
 */
export function guardStore(
  store: EphemeralStore,
  { clock, report, patienceMs = 2 * secondMs }: Parts,
): EphemeralStore {
  let isAway = false
  let skipUntil = 0

  async function ask<Reply>(question: () => Promise<Reply>): Promise<Reply> {
    if (isAway && clock.now() < skipUntil) throw away()
    // Whoever comes while this one tries is refused.
    if (isAway) skipUntil = clock.now() + patienceMs
    try {
      const reply = await within(patienceMs, question())
      if (isAway) report('The ephemeral store answers again', undefined)
      isAway = false
      return reply
    } catch (cause) {
      if (!isAway) {
        report(
          'The ephemeral store is away. WeChat sign-in and refresh go on; SMS codes, passwords, tickets, web sign-ins and scans are refused until it is back',
          cause,
        )
      }
      isAway = true
      skipUntil = clock.now() + pauseMs
      throw away(cause)
    }
  }

  return {
    get: (key) => ask(() => store.get(key)),
    set: (key, value, ttlMs) => ask(() => store.set(key, value, ttlMs)),
    add: (key, value, ttlMs) => ask(() => store.add(key, value, ttlMs)),
    take: (key) => ask(() => store.take(key)),
    replace: (key, expected, value, ttlMs) => ask(() => store.replace(key, expected, value, ttlMs)),
    increment: (key, by, ttlMs) => ask(() => store.increment(key, by, ttlMs)),
    close: () => store.close(),
  }
}

/** For what goes on without the store: its outage is `undefined`, anything else stays an error. */
export function passOutage(error: unknown): undefined {
  if (error instanceof KaimenError && error.code === 'unavailable') return undefined
  throw error
}

function away(cause?: unknown): KaimenError {
  return new KaimenError('unavailable', { cause, retryAfterSeconds: 1, isReported: true })
}

/** @throws Where there is no reply in time. */
export async function within<Reply>(milliseconds: number, reply: Promise<Reply>): Promise<Reply> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`no answer within ${milliseconds} ms`)
    timer = setTimeout(() => reject(error), milliseconds)
  })
  try {
    return await Promise.race([reply, late])
  } finally {
    clearTimeout(timer)
  }
}
