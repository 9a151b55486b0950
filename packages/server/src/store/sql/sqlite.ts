import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import {
  Kysely,
  SqliteDialect,
  type CompiledQuery,
  type QueryResult,
  type SqliteDatabase,
} from 'kysely'
import { LRUCache } from 'lru-cache'
import { systemClock } from '../../clock.ts'
import { columnTypes } from './column-types.ts'
import { commitInGroups } from './commit-in-groups.ts'
import { KaimenError } from '../../errors.ts'
import type { Connection, Database } from './database.ts'
import { applyMissing, listMigrations } from './migrate.ts'
import type { Tables } from './tables.ts'

/**
 * The embedded database: one connection writes, and reads as well wherever it is not in the midst
 * of a transaction; there another reads, so that nobody ever sees what is not committed.
 *
 * @param path A file, which is made when it is not there. Its folder has to be.
 */
export function openSqlite(path: string): Database {
  // Made for its owner alone; the files that SQLite puts beside it take after it.
  closeSync(openSync(path, 'a', 0o600))
  const writer = connect(path)
  // 8 MB: what leads to a million users fits. Twice that spares a sign-in 7 in 100 of its reads.
  writer.exec('pragma cache_size = -8192')
  // Of 4 KB, 128 MB in all. What the log holds is moved to the database while everybody waits for
  // the disk: 0.3 s each time, hardly longer for four times as much.
  writer.exec('pragma wal_autocheckpoint = 32000')
  const bystander = connect(path)
  bystander.exec('pragma query_only = on')
  // Every commit of another connection empties its cache: 1 MB.
  bystander.exec('pragma cache_size = -1024')
  const builder = new Kysely<Tables>({ dialect: asDialect(writer) })
  const writing = asConnection(writer)
  const watching = asConnection(bystander)
  let inTransaction = false
  const write = commitInGroups(writing, (command) => {
    explainingFaults(() => writer.exec(command))
    inTransaction = command === 'begin immediate'
  })
  const target = { db: builder as Kysely<unknown>, types: columnTypes('sqlite') }
  return {
    engine: 'sqlite',
    settleMs: 2000,
    builder,
    reader: {
      executeQuery: (query) => (inTransaction ? watching : writing).executeQuery(query),
    },
    alone: { executeQuery: (query) => write((transaction) => transaction.executeQuery(query)) },
    inGroups: ({ alone }) => alone,
    write,
    migrate: (migrations) => write(() => applyMissing(target, migrations, systemClock)),
    listMigrations: () => write(() => listMigrations(target.db)),
    close() {
      bystander.close()
      writer.close()
      return Promise.resolve()
    },
  }
}

function connect(path: string): DatabaseSync {
  const sqlite = new DatabaseSync(path, { timeout: 5_000 })
  sqlite.exec('pragma journal_mode = wal')
  sqlite.exec('pragma synchronous = full')
  sqlite.exec('pragma foreign_keys = on')
  return sqlite
}

type Bindable = null | number | bigint | string | Uint8Array

type Prepared = { readonly statement: StatementSync; readonly returnsRows: boolean }

/** Statements kept prepared; the stores have some forty. */
const preparedStatements = 200

/** Straight to SQLite: Kysely's own way costs more than a look-up takes. */
function asConnection(sqlite: DatabaseSync): Connection {
  const prepared = new LRUCache<string, Prepared>({ max: preparedStatements })

  function prepare(text: string): Prepared {
    const known = prepared.get(text)
    if (known) return known
    const statement = sqlite.prepare(text)
    const fresh = { statement, returnsRows: statement.columns().length > 0 }
    prepared.set(text, fresh)
    return fresh
  }

  return {
    // Async, so that what SQLite throws is a rejection.
    async executeQuery<Row>({ sql, parameters }: CompiledQuery<Row>): Promise<QueryResult<Row>> {
      return explainingFaults(() => {
        const { statement, returnsRows } = prepare(sql)
        const values = parameters as readonly Bindable[]
        // The row's type is the query's, which Kysely checked against the tables.
        if (returnsRows) return { rows: statement.all(...values) as Row[] }
        return { rows: [], numAffectedRows: BigInt(statement.run(...values).changes) }
      })
    },
  }
}

/** SQLITE_BUSY, LOCKED, IOERR, FULL: https://www.sqlite.org/rescode.html */
const passing: ReadonlySet<unknown> = new Set([5, 6, 10, 13])

/** Another process holds the file, or the disk is full or away: nobody's request is at fault. */
function explainingFaults<Outcome>(ask: () => Outcome): Outcome {
  try {
    return ask()
  } catch (cause) {
    // The lowest byte is the kind; what is above it says more.
    const kind = cause instanceof Error && 'errcode' in cause && Number(cause.errcode) & 0xff
    if (!passing.has(kind)) throw cause
    throw new KaimenError('unavailable', { cause, retryAfterSeconds: 2 })
  }
}

/** For what Kysely runs by itself: migrations. */
function asDialect(sqlite: DatabaseSync): SqliteDialect {
  const database: SqliteDatabase = {
    close: () => sqlite.close(),
    prepare(text) {
      const statement = sqlite.prepare(text)
      return {
        reader: statement.columns().length > 0,
        all: (values) => statement.all(...(values as readonly Bindable[])),
        run: (values) => statement.run(...(values as readonly Bindable[])),
        iterate: (values) => statement.iterate(...(values as readonly Bindable[])),
      }
    },
  }
  return new SqliteDialect({ database })
}
