import { availableParallelism } from 'node:os'
import { KaimenError } from '../errors.ts'

export type QueueLimits = {
  /** How many hashes are computed at once. */
  readonly concurrency: number
  /** How many wait for their turn. One more is refused. */
  readonly maxWaiting: number
}

/**
 * One hash a core, and never all four threads of Node's pool: names are looked up and files read on
 * them too.
 */
export const defaultConcurrency = Math.min(availableParallelism(), 3)
/** What a core computes in a good third of a second: whoever waits longer types again anyway. */
export const waitingPerCore = 32

/** The right to compute, for as long as the work that it was given to. Only a queue makes one. */
export type HashSlot = { readonly [slotMark]: true }

const slotMark: unique symbol = Symbol('slot')
const slot: HashSlot = { [slotMark]: true }

export type HashQueue = {
  /**
   * Runs the work when its turn comes, in the order of the calls.
   *
   * @throws {@link KaimenError} `unavailable` at once, when as many wait as may. The work has not
   *   begun then: what counts guesses belongs inside it.
   */
  run<T>(work: (slot: HashSlot) => Promise<T>): Promise<T>
  /** How many there are at this moment. */
  load(): { running: number; waiting: number }
}

/**
 * Bounds what hashing takes: `concurrency` times the memory of one hash, and `maxWaiting` callers.
 * More is refused with 503 rather than remembered. [PW-5]
 */
export function limitHashing({ concurrency, maxWaiting }: QueueLimits): HashQueue {
  let running = 0
  const waiting: (() => void)[] = []

  async function takeTurn() {
    if (running < concurrency) {
      running += 1
      return
    }
    if (waiting.length >= maxWaiting) throw new KaimenError('unavailable', { retryAfterSeconds: 1 })
    // Whoever is done hands its place over, so that nobody who comes meanwhile gets ahead.
    await new Promise<void>((resolve) => waiting.push(resolve))
  }

  return {
    async run(work) {
      await takeTurn()
      try {
        return await work(slot)
      } finally {
        const next = waiting.shift()
        if (next) next()
        else running -= 1
      }
    },
    load: () => ({ running, waiting: waiting.length }),
  }
}
