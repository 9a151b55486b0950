import type * as library from 'rate-limiter-flexible'
import { secondMs } from '../clock.ts'
import type { EphemeralStore } from '../store/ephemeral-store.ts'

export type Counted = {
  /** Holds the window: at its end another key begins at 0. */
  readonly key: string
  readonly max: number
  readonly windowMs: number
}

/**
 * Counts one more, where there is room for it. Of any number who do so at once, as many get through
 * as there is room for. [AU-6]
 *
 * @returns Whether there was room. What is refused is counted no further.
 */
export async function consume(ephemeral: EphemeralStore, counted: Counted) {
  const limiter = await openLimiter(ephemeral, counted)
  try {
    const { remainingPoints } = await limiter.consume(counted.key)
    return { hasRoom: true, isLast: remainingPoints === 0 }
  } catch (error) {
    // Refused: the limiter throws its result, which is no Error.
    if (error instanceof Error) throw error
    await limiter.reward(counted.key)
    return { hasRoom: false, isLast: false }
  }
}

/** Whether there is no more room. Counts nothing. */
export async function isFull(ephemeral: EphemeralStore, counted: Counted): Promise<boolean> {
  const limiter = await openLimiter(ephemeral, counted)
  const held = await limiter.get(counted.key)
  return held !== null && held.consumedPoints >= counted.max
}

/** Gives back what {@link consume} counted. */
export async function giveBack(ephemeral: EphemeralStore, counted: Counted): Promise<void> {
  const limiter = await openLimiter(ephemeral, counted)
  await limiter.reward(counted.key)
}

let loading: Promise<typeof library> | undefined

/** With the first that is counted, if not before: it brings a limiter for every store there is. */
export const loadRateLimiter = () => (loading ??= import('rate-limiter-flexible'))

/**
 * The limiter that rate-limiter-flexible has for Redis, over any store: of its client it wants a
 * counter that says what is counted and for how long, and a look at one. It is made anew each time,
 * and holds nothing itself. The stores that the library brings would each want a connection and a
 * table of their own; its base class for others is not among its exports.
 */
async function openLimiter(
  ephemeral: EphemeralStore,
  { max, windowMs }: Counted,
): Promise<library.RateLimiterRedis> {
  const { RateLimiterRedis } = await loadRateLimiter()
  return new RateLimiterRedis({
    keyPrefix: '',
    points: max,
    duration: windowMs / secondMs,
    storeClient: {
      async rlflxIncr([key = '', by]: readonly string[]) {
        return [await ephemeral.increment(key, Number(by), windowMs), windowMs]
      },
      multi: () => look(ephemeral, windowMs),
    },
  })
}

/** `MULTI`, `GET`, `PTTL`, `EXEC`, as the limiter chains them. */
function look(ephemeral: EphemeralStore, windowMs: number) {
  let wanted = ''
  const chain = {
    get(key: string) {
      wanted = key
      return chain
    },
    pttl: () => chain,
    async exec() {
      const held = await ephemeral.get(wanted)
      return [
        [null, held ?? null],
        [null, windowMs],
      ]
    },
  }
  return chain
}
