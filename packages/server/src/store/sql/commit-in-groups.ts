import { KaimenError } from '../../errors.ts'
import { Rollback, type Connection, type Database } from './database.ts'

type Job = {
  work(transaction: Connection): Promise<unknown>
  resolve(outcome: unknown): void
  reject(reason: unknown): void
}

/** How many turns of the event loop a group may gather at most: some milliseconds on a busy server. */
const maxTurns = 8
/** Far more than one group; one more is refused. */
const maxWriters = 4096

/**
 * What arrives in the same turns of the event loop is committed together: one fsync for all of it,
 * and nobody is answered before it. This makes full durability nearly free under load.
 *
 * @param connection The only one that writes. It answers without leaving the turn of the event
 *   loop, so nothing else can use it in the midst of a group.
 */
export function commitInGroups(
  connection: Connection,
  execute: (command: 'begin immediate' | 'commit' | 'rollback') => void,
): Database['write'] {
  let waiting: Job[] = []

  /**
   * Waits for as long as each turn brings more. A writer that is alone waits two idle turns, which
   * take some microseconds.
   */
  function gather(known: number, turns: number) {
    if (waiting.length > known && turns < maxTurns) setImmediate(gather, waiting.length, turns + 1)
    else void commit()
  }

  async function commit() {
    const group = waiting
    waiting = []
    if (await commitTogether(group)) return
    // One failed or wants to be undone: each gets a transaction of its own, so it harms only itself.
    for (const job of group) await commitAlone(job)
  }

  async function commitTogether(group: readonly Job[]): Promise<boolean> {
    const outcomes: unknown[] = []
    try {
      await inTransaction(async (transaction) => {
        for (const { work } of group) outcomes.push(await work(transaction))
      })
    } catch {
      return false
    }
    group.forEach((job, index) => job.resolve(outcomes[index]))
    return true
  }

  async function commitAlone({ work, resolve, reject }: Job) {
    try {
      resolve(await inTransaction(work))
    } catch (error) {
      if (error instanceof Rollback) resolve(error.outcome)
      else reject(error)
    }
  }

  async function inTransaction<Outcome>(
    work: (transaction: Connection) => Promise<Outcome>,
  ): Promise<Outcome> {
    // Immediate: another process that writes makes this wait here, where waiting is safe.
    execute('begin immediate')
    try {
      const outcome = await work(connection)
      execute('commit')
      return outcome
    } catch (error) {
      execute('rollback')
      throw error
    }
  }

  return <Outcome>(work: (transaction: Connection) => Promise<Outcome>) =>
    new Promise<Outcome>((resolve, reject) => {
      if (waiting.length >= maxWriters) {
        return reject(new KaimenError('unavailable', { retryAfterSeconds: 1 }))
      }
      waiting.push({ work, resolve: (outcome) => resolve(outcome as Outcome), reject })
      if (waiting.length === 1) setImmediate(gather, 0, 0)
    })
}
