import { minuteMs, type Clock } from '../../clock.ts'
import type { EphemeralStore } from '../ephemeral-store.ts'
import type { Database } from './database.ts'
import { dialectOf } from './dialect.ts'
import { ephemeralStatements } from './ephemeral-statements.ts'

/** What has expired is removed in the background, so many at a time. */
const sweptAtOnce = 500
/** A value that changes between reading and taking it is read again, so often at most. */
const looks = 50

/**
 * The {@link EphemeralStore} contract on SQL, for several processes that share a database and no
 * Redis. Every verb is one statement, or two that each are right by themselves.
 */
export function createSqlEphemeralStore(database: Database, clock: Clock): EphemeralStore {
  const { engine, reader, alone } = database
  const run = ephemeralStatements(dialectOf(database))
  let sweptAtMs = clock.now()

  /** Removes what has expired, now and then. Nobody waits for it, and it may fail. */
  function sweepSometimes(now_ms: number) {
    if (now_ms - sweptAtMs < minuteMs) return
    sweptAtMs = now_ms
    void sweep(now_ms).catch(() => {})
  }

  async function sweep(now_ms: number) {
    const { rows } = await run.expired(reader, { now_ms, limit: sweptAtOnce })
    if (rows.length === 0) return
    const keys = rows.map(({ key }) => key)
    await alone.executeQuery(run.removeExpired(keys, now_ms))
    if (keys.length === sweptAtOnce) sweptAtMs = 0
  }

  return {
    async get(key) {
      const { rows } = await run.read(reader, { key, now_ms: clock.now() })
      return rows[0]?.value
    },

    async set(key, value, ttlMs) {
      const now_ms = clock.now()
      await run.write(alone, { key, value, expires_at: now_ms + ttlMs })
      sweepSometimes(now_ms)
    },

    async add(key, value, ttlMs) {
      const now_ms = clock.now()
      const values = { key, value, now_ms, expires_at: now_ms + ttlMs }
      sweepSometimes(now_ms)
      if (engine !== 'mysql') return Boolean((await run.addOrRenew(alone, values)).numAffectedRows)
      const renewed = await run.renew(alone, values)
      if (renewed.numAffectedRows) return true
      return Boolean((await run.insert(alone, values)).numAffectedRows)
    },

    async take(key) {
      for (let look = 0; look < looks; look++) {
        const [row] = (await run.read(reader, { key, now_ms: clock.now() })).rows
        if (!row) return undefined
        const taken = await run.removeExactly(alone, { key, ...row })
        if (taken.numAffectedRows) return row.value
      }
      return undefined
    },

    async replace(key, expected, value, ttlMs) {
      const now_ms = clock.now()
      const values = { key, expected, value, now_ms, expires_at: now_ms + ttlMs }
      return Boolean((await run.replace(alone, values)).numAffectedRows)
    },

    async increment(key, by, ttlMs) {
      const now_ms = clock.now()
      const values = { key, by, first: String(by), now_ms, expires_at: now_ms + ttlMs }
      sweepSometimes(now_ms)
      if (engine !== 'mysql') {
        const { rows } = await run.increaseReturning(alone, values)
        return Number(rows[0]?.value)
      }
      const { insertId = 0n } = await run.increaseNoting(alone, values)
      // 0 where the counter began; a sum comes as the 64 bits that it is.
      return insertId === 0n ? by : Number(BigInt.asIntN(64, insertId))
    },

    // The database is its owner's to close.
    close: () => Promise.resolve(),
  }
}
