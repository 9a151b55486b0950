import type { Clock } from '../../clock.ts'
import type { EphemeralStore } from '../ephemeral-store.ts'
import type { Database } from './database.ts'
import { ephemeralStatements } from './ephemeral-statements.ts'

/**
 * The {@link EphemeralStore} contract on SQL, for several processes that share a database and no
 * Redis.
 */
export function createSqlEphemeralStore(database: Database, clock: Clock): EphemeralStore {
  const { reader, write } = database
  const run = ephemeralStatements(database.builder)

  return {
    async get(key) {
      const { rows } = await run.read(reader, { key, now_ms: clock.now() })
      return rows[0]?.value
    },

    set: (key, value, ttlMs) =>
      write(async (on) => {
        await run.remove(on, { key })
        await run.insert(on, { key, value, expires_at: clock.now() + ttlMs })
      }),

    add: (key, value, ttlMs) =>
      write(async (on) => {
        const now_ms = clock.now()
        await run.removeExpired(on, { now_ms })
        const added = await run.insert(on, { key, value, expires_at: now_ms + ttlMs })
        return Boolean(added.numAffectedRows)
      }),

    take: (key) =>
      write(async (on) => {
        const { rows } = await run.read(on, { key, now_ms: clock.now() })
        await run.remove(on, { key })
        return rows[0]?.value
      }),

    replace: (key, expected, value, ttlMs) =>
      write(async (on) => {
        const now_ms = clock.now()
        const values = { key, expected, value, now_ms, expires_at: now_ms + ttlMs }
        return Boolean((await run.replace(on, values)).numAffectedRows)
      }),

    increment: (key, by, ttlMs) =>
      write(async (on) => {
        const now_ms = clock.now()
        await run.removeExpired(on, { now_ms })
        await run.insert(on, { key, value: '0', expires_at: now_ms + ttlMs })
        await run.increase(on, { key, by })
        const { rows } = await run.read(on, { key, now_ms })
        return Number(rows[0]?.value ?? by)
      }),

    // The database is its owner's to close.
    close: () => Promise.resolve(),
  }
}
