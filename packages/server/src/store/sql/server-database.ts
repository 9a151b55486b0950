import type { CompiledQuery, QueryResult } from 'kysely'
import type { Clock } from '../../clock.ts'
import { KaimenError } from '../../errors.ts'
import type { Random } from '../../random.ts'
import { DatabaseError } from './database-error.ts'
import { Rollback, type Connection, type Database } from './database.ts'
import { gate } from './gate.ts'

export type ServerOptions = {
  /** Connections that this process opens at most. Default: 10. */
  poolSize?: number
  /** Statements and transactions that wait for a connection at most. Default: 1000. */
  maxWaiting?: number
  /** How long each of them waits at most. Default: 3000. */
  waitMs?: number
  /** Default: 5000. */
  connectTimeoutMs?: number
  /** After this time the server breaks a statement off. Default: 5000. */
  statementTimeoutMs?: number
  /** Default: what the server does by itself, but for `read committed` on PostgreSQL. */
  isolation?: 'read committed' | 'repeatable read' | 'serializable'
}

export const serverDefaults = {
  poolSize: 10,
  maxWaiting: 1000,
  waitMs: 3000,
  connectTimeoutMs: 5000,
  statementTimeoutMs: 5000,
}

/**
 * How old an event is when the log is whole up to it. Whoever stamped one commits within half of
 * it; the other half is for clocks that differ.
 */
export const serverSettleMs = 10_000

/**
 * A transaction that takes longer does not commit, but begins anew; the servers that can are asked
 * to end one that rests as long, for a process that was paused cannot know.
 */
export const maxTransactionMs = 3000

/** One connection of a driver's. What it throws is {@link DatabaseError}. */
export type Session = Connection & {
  begin(): Promise<void>
  commit(): Promise<void>
  rollback(): Promise<void>
  /** Back to the pool, or closed for good. */
  release(isBroken: boolean): void
}

const maxConflicts = 30
const maxLost = 2
const maxTaken = 3

/**
 * Statements and transactions on a server that others write to at the same time.
 *
 * What met a conflict is tried again, with growing pauses of random length. A transaction whose
 * connection ended before it was to commit is as well, and so is a read: nothing came of either. A
 * commit or a lone write whose answer was lost is not, because it may have been done. What does not
 * succeed is a {@link KaimenError} `unavailable`.
 */
export function serverDatabase(
  connect: () => Promise<Session>,
  limits: { poolSize: number; maxWaiting: number; waitMs: number },
  { clock, random }: { clock: Clock; random: Random },
): Pick<Database, 'reader' | 'alone' | 'write'> {
  const enter = gate({ ...limits, size: limits.poolSize })

  async function withSession<Outcome>(act: (session: Session) => Promise<Outcome>) {
    const leave = await enter()
    try {
      const session = await connect()
      let isBroken = true
      try {
        const outcome = await act(session)
        isBroken = false
        return outcome
      } catch (error) {
        isBroken = !isHarmless(error)
        throw error
      } finally {
        session.release(isBroken)
      }
    } finally {
      leave()
    }
  }

  async function persist<Outcome>(act: () => Promise<Outcome>, mayRepeat: () => boolean) {
    const tries = { conflict: 0, lost: 0, taken: 0 }
    for (;;) {
      try {
        return await act()
      } catch (error) {
        if (!(error instanceof DatabaseError)) throw error
        const { fault } = error
        const isWorthIt =
          (fault === 'conflict' && ++tries.conflict < maxConflicts) ||
          (fault === 'taken' && ++tries.taken < maxTaken) ||
          (fault === 'lost' && mayRepeat() && ++tries.lost < maxLost)
        if (!isWorthIt) throw refusal(error)
        await clock.sleep(pauseMs(tries.conflict, random))
      }
    }
  }

  const repeating = (mayRepeat: boolean): Connection => ({
    executeQuery: <Row>(query: CompiledQuery<Row>): Promise<QueryResult<Row>> =>
      persist(
        () => withSession((session) => session.executeQuery(query)),
        () => mayRepeat,
      ),
  })

  async function transact<Outcome>(
    session: Session,
    work: (transaction: Connection) => Promise<Outcome>,
    state: { isCommitting: boolean },
  ): Promise<Outcome> {
    const beganMs = clock.now()
    await session.begin()
    try {
      const outcome = await work(session)
      // Its events would be numbered below what has been read by then.
      if (clock.now() - beganMs > maxTransactionMs) throw new DatabaseError('conflict')
      state.isCommitting = true
      await session.commit()
      return outcome
    } catch (error) {
      if (error instanceof DatabaseError && error.fault === 'lost') throw error
      await session.rollback()
      if (error instanceof Rollback) {
        // Thrown by this work, so it is of its type.
        return error.outcome as Outcome
      }
      throw error
    }
  }

  return {
    reader: repeating(true),
    alone: repeating(false),
    write(work) {
      const state = { isCommitting: false }
      return persist(
        () => {
          state.isCommitting = false
          return withSession((session) => transact(session, work, state))
        },
        () => !state.isCommitting,
      )
    },
  }
}

/** Whether the connection is as good as before. */
function isHarmless(error: unknown): boolean {
  return (
    error instanceof DatabaseError &&
    (error.fault === 'conflict' || error.fault === 'taken' || error.fault === 'unexpected')
  )
}

function refusal(error: DatabaseError): Error {
  if (error.fault === 'taken' || error.fault === 'unexpected') return error
  return new KaimenError('unavailable', { cause: error, retryAfterSeconds: 1 })
}

/** Up to 4 ms, doubling up to 256, by chance: those who met come apart. */
function pauseMs(conflicts: number, random: Random): number {
  const chance = Buffer.from(random(4)).readUInt32BE() / 2 ** 32
  return Math.ceil(chance * 2 ** Math.min(8, conflicts + 1))
}
