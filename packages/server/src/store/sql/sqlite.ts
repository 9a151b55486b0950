import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { CompiledQuery, Kysely, SqliteDialect, type SqliteDatabase } from 'kysely'
import { LRUCache } from 'lru-cache'
import { Rollback, type Database } from './database.ts'
import type { Tables } from './tables.ts'

/**
 * The embedded database. What arrives in one turn of the event loop is committed together: one
 * fsync for all of it, and nobody is answered before it. Readers use a connection of their own, so
 * that they only ever see what is committed.
 *
 * @param path A file, which is made when it is not there. Its folder has to be.
 */
export function openSqlite(path: string): Database {
  // Made for its owner alone; the files that SQLite puts beside it take after it.
  closeSync(openSync(path, 'a', 0o600))
  const writer = connect(path, { readOnly: false })
  const reader = connect(path, { readOnly: true })
  return {
    engine: 'sqlite',
    db: reader,
    write: commitInGroups(writer),
    async close() {
      await reader.destroy()
      await writer.destroy()
    },
  }
}

/** Statements kept prepared; the stores have some thirty. */
const preparedStatements = 200

function connect(path: string, { readOnly }: { readOnly: boolean }): Kysely<Tables> {
  const sqlite = new DatabaseSync(path, { timeout: 5_000 })
  sqlite.exec('pragma journal_mode = wal')
  sqlite.exec('pragma synchronous = full')
  sqlite.exec('pragma foreign_keys = on')
  sqlite.exec('pragma cache_size = -65536')
  if (readOnly) sqlite.exec('pragma query_only = on')
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database: asKyselyExpects(sqlite) }) })
}

type Bindable = null | number | bigint | string | Uint8Array

function asKyselyExpects(sqlite: DatabaseSync): SqliteDatabase {
  const prepared = new LRUCache<string, ReturnType<SqliteDatabase['prepare']>>({
    max: preparedStatements,
  })
  return {
    close: () => sqlite.close(),
    prepare(text) {
      let statement = prepared.get(text)
      if (!statement) prepared.set(text, (statement = describeStatement(sqlite.prepare(text))))
      return statement
    },
  }
}

function describeStatement(statement: StatementSync): ReturnType<SqliteDatabase['prepare']> {
  return {
    reader: statement.columns().length > 0,
    all: (values) => statement.all(...(values as Bindable[])),
    run: (values) => statement.run(...(values as Bindable[])),
    iterate: (values) => statement.iterate(...(values as Bindable[])),
  }
}

type Work = (transaction: Kysely<Tables>) => Promise<unknown>
type Job = { work: Work; resolve(outcome: unknown): void; reject(reason: unknown): void }

function commitInGroups(writer: Kysely<Tables>): Database['write'] {
  let waiting: Job[] = []

  async function commit() {
    const group = waiting
    waiting = []
    if (await commitTogether(group)) return
    // One of them failed or wants to be undone: each gets a transaction of its own, so that it harms only itself.
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

  function inTransaction<Outcome>(work: (transaction: Kysely<Tables>) => Promise<Outcome>) {
    return writer.connection().execute(async (connection) => {
      await connection.executeQuery(begin)
      try {
        const outcome = await work(connection)
        await connection.executeQuery(commitText)
        return outcome
      } catch (error) {
        await connection.executeQuery(rollback)
        throw error
      }
    })
  }

  return <Outcome>(work: (transaction: Kysely<Tables>) => Promise<Outcome>) =>
    new Promise<Outcome>((resolve, reject) => {
      waiting.push({ work, resolve: (outcome) => resolve(outcome as Outcome), reject })
      if (waiting.length === 1) setImmediate(() => void commit())
    })
}

// Immediate: another process that writes makes this wait at the start, where waiting is safe, and not fail later.
const begin = CompiledQuery.raw('begin immediate')
const commitText = CompiledQuery.raw('commit')
const rollback = CompiledQuery.raw('rollback')
