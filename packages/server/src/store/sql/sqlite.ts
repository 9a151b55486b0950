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
 * The embedded database. Readers use a connection of their own, so that they only ever see what is
 * committed.
 *
 * @param path A file, which is made when it is not there. Its folder has to be.
 */
export function openSqlite(path: string): Database {
  // Made for its owner alone; the files that SQLite puts beside it take after it.
  closeSync(openSync(path, 'a', 0o600))
  const writer = connect(path)
  const reader = connect(path)
  reader.exec('pragma query_only = on')
  const builder = new Kysely<Tables>({ dialect: asDialect(writer) })
  const write = commitInGroups(asConnection(writer), (command) =>
    explainingFaults(() => writer.exec(command)),
  )
  const target = { db: builder as Kysely<unknown>, types: columnTypes('sqlite') }
  return {
    engine: 'sqlite',
    settleMs: 2000,
    builder,
    reader: asConnection(reader),
    alone: { executeQuery: (query) => write((transaction) => transaction.executeQuery(query)) },
    inGroups: ({ alone }) => alone,
    write,
    migrate: (migrations) => write(() => applyMissing(target, migrations, systemClock)),
    listMigrations: () => write(() => listMigrations(target.db)),
    close() {
      reader.close()
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
  // 16 MB; the system keeps the file in memory as well, so that more is held twice.
  sqlite.exec('pragma cache_size = -16384')
  // Pages, 32 MB: moving them to the database less often moves each less often.
  sqlite.exec('pragma wal_autocheckpoint = 8000')
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
