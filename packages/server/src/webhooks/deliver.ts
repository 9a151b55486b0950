import { minuteMs, secondMs, type Clock } from '../clock.ts'
import { tellEvent, type ToldEvent } from '../events.ts'
import type { Random } from '../random.ts'
import type { EphemeralStore } from '../store/ephemeral-store.ts'
import type { Store } from '../store/store.ts'

export type DeliveryParts = {
  readonly store: Pick<Store, 'newId' | 'settleMs' | 'listEvents' | 'readCursor' | 'moveCursor'>
  readonly ephemeral: Pick<EphemeralStore, 'add' | 'replace'>
  readonly clock: Clock
  readonly random: Random
  /** Rejects where the batch was not taken. */
  readonly post: (events: readonly ToldEvent[]) => Promise<void>
  readonly report: (message: string, error: unknown) => void
}

const cursorName = 'webhooks'
const leaseKey = 'webhooks/lease'

/** The most events in one batch. */
const maxBatch = 100
/** How often it looks for new events. */
const pollMs = secondMs
/** Longer than a batch takes, so that no two processes post the same one. */
const leaseMs = 30 * secondMs
const firstRetryMs = secondMs
const lastRetryMs = 5 * minuteMs

/**
 * Delivers what is written to the audit log from the first call ever on: in order, each at least
 * once, however often this process or another dies meanwhile. A batch that is not taken is tried
 * again for ever; what comes after it waits.
 *
 * The cursor moves after the reply. Whoever is killed in between has the batch delivered again; the
 * events say so by their ids.
 *
 * @returns When it is written down where to begin. `close` waits for the batch under way.
 */
export async function deliverEvents(parts: DeliveryParts): Promise<{ close(): Promise<void> }> {
  const { store, ephemeral, clock, random, post, report } = parts
  // What happened before nobody asked to be told, and may be half a year old.
  await store.moveCursor({ name: cursorName, from: undefined, to: store.newId() })
  const me = Buffer.from(random(16)).toString('hex')
  const closing = new AbortController()
  let waiting = new AbortController()

  async function pause(milliseconds: number) {
    if (closing.signal.aborted) return
    // One for each pause: listeners on a signal that never aborts would pile up.
    waiting = new AbortController()
    await clock.sleep(milliseconds, waiting.signal)
  }

  async function readBatch() {
    const from = await store.readCursor(cursorName)
    const found = await store.listEvents({ after: from ?? 0, limit: maxBatch })
    // Walked past, an event that is committed after one with a higher number is never delivered.
    const young = found.findIndex(({ at }) => at > clock.now() - store.settleMs)
    const events = young === -1 ? found : found.slice(0, young)
    const to = events.at(-1)?.id
    return to === undefined ? undefined : { from, to, events }
  }

  /** Makes or keeps this process the only one that posts. */
  async function hold(milliseconds: number): Promise<boolean> {
    return (
      (await ephemeral.replace(leaseKey, me, me, milliseconds)) ||
      ephemeral.add(leaseKey, me, milliseconds)
    )
  }

  /** @returns Whether there is more to do at once. */
  async function deliverBatch(): Promise<boolean> {
    if ((await readBatch()) === undefined || !(await hold(leaseMs))) return false
    // Read anew: who held the lease before may have come further.
    const batch = await readBatch()
    if (batch === undefined) return false
    await post(batch.events.map(tellEvent))
    await store.moveCursor({ name: cursorName, from: batch.from, to: batch.to })
    return batch.events.length === maxBatch
  }

  async function run() {
    let failures = 0
    while (!closing.signal.aborted) {
      try {
        const isMore = await deliverBatch()
        failures = 0
        if (!isMore) await pause(pollMs)
      } catch (error) {
        const retryMs = backOff(failures, random)
        failures += 1
        report(
          `Events are not delivered to the webhook. They wait, in order; the next try is in ${Math.ceil(retryMs / secondMs)} s`,
          error,
        )
        // So that no other process tries earlier.
        await hold(retryMs + leaseMs).catch(() => {})
        await pause(retryMs)
      }
    }
    await ephemeral.replace(leaseKey, me, '', 1).catch(() => {})
  }

  const running = run()
  return {
    async close() {
      closing.abort()
      waiting.abort()
      await running
    },
  }
}

/** From 1 s, doubling up to 5 min, half of it by chance: those who failed together come apart. */
function backOff(failures: number, random: Random): number {
  const most = Math.min(lastRetryMs, 2 * firstRetryMs * 2 ** Math.min(failures, 16))
  const chance = Buffer.from(random(4)).readUInt32BE() / 2 ** 32
  return (most / 2) * (1 + chance)
}
