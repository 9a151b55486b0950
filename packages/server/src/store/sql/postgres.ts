import { createRequire } from 'node:module'
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type CompiledQuery,
  type QueryResult,
} from 'kysely'
import type * as pg from 'pg'
import { systemClock, type Clock } from '../../clock.ts'
import { systemRandom, type Random } from '../../random.ts'
import { loadSdk } from '../../sdk.ts'
import { askInGroups } from './ask-in-groups.ts'
import { columnTypes } from './column-types.ts'
import { DatabaseError, type DatabaseFault } from './database-error.ts'
import type { Connection, Database } from './database.ts'
import { asKysely, listMigrations, migrateInTransaction } from './migrate.ts'
import {
  maxTransactionMs,
  serverDatabase,
  serverDefaults,
  serverSettleMs,
  type ServerOptions,
  type Session,
} from './server-database.ts'
import type { ServerAddress } from './database-url.ts'
import type { Tables } from './tables.ts'

const load = createRequire(import.meta.url)

const dialect = {
  createAdapter: () => new PostgresAdapter(),
  createIntrospector: (db: Kysely<unknown>) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
}

/**
 * PostgreSQL, by the package `pg`. No connection is opened before the first statement.
 *
 * @throws ConfigError If `pg` is not installed.
 */
export function openPostgres(
  address: ServerAddress,
  options: ServerOptions = {},
  { clock = systemClock, random = systemRandom }: { clock?: Clock; random?: Random } = {},
): Database {
  const { Pool, Client, types } = loadSdk('PostgreSQL', 'pg', () => load('pg') as typeof pg)
  const limits = { ...serverDefaults, ...options }
  const { isolation = 'read committed' } = options
  const config: pg.ClientConfig = {
    host: address.host,
    port: address.port ?? 5432,
    user: address.user,
    ...(address.password && { password: address.password.reveal() }),
    database: address.database,
    ssl: address.tls,
    application_name: 'kaimen',
    connectionTimeoutMillis: limits.connectTimeoutMs,
    keepAlive: true,
    types: {
      getTypeParser: (oid, format): unknown =>
        oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format),
    },
  }
  const pool = new Pool({
    ...config,
    max: limits.poolSize,
    statement_timeout: limits.statementTimeoutMs,
    idle_in_transaction_session_timeout: maxTransactionMs,
    // For a server that does not answer at all.
    query_timeout: limits.statementTimeoutMs + 2000,
  })
  // A connection that ends while it rests leaves the pool; whoever needs one gets another. Of one
  // that ends in use its next statement tells.
  pool.on('error', () => {})
  pool.on('connect', (client) => {
    client.on('error', () => {})
  })
  const names = nameStatements()

  const connect = async (): Promise<Session> => {
    const client = await naming(() => pool.connect())
    return asSession(client, names, `begin isolation level ${isolation}`)
  }
  const builder = new Kysely<Tables>({
    dialect: { ...dialect, createDriver: () => new DummyDriver() },
  })
  const statements = serverDatabase(connect, limits, { clock, random })

  return {
    engine: 'postgres',
    settleMs: serverSettleMs,
    builder,
    ...statements,
    inGroups: (asked) => askInGroups(asked, limits),
    async migrate(migrations) {
      // A change of the schema may take its time.
      const client = new Client(config)
      client.on('error', () => {})
      await naming(() => client.connect())
      try {
        const on = asConnection(client)
        return await migrateInTransaction(
          { on, db: asKysely(dialect, on), types: columnTypes('postgres') },
          migrations,
          clock,
        )
      } finally {
        await client.end()
      }
    },
    listMigrations: () => listMigrations(asKysely<unknown>(dialect, statements.reader)),
    close: () => pool.end(),
  }
}

type Result = { rows: unknown[]; rowCount: number | null }

function asConnection(
  client: pg.ClientBase,
  nameOf?: (text: string) => string | undefined,
): Connection {
  return {
    async executeQuery<Row>({ sql, parameters }: CompiledQuery<Row>): Promise<QueryResult<Row>> {
      const query = { text: sql, values: [...parameters] }
      const name = nameOf?.(sql)
      const { rows, rowCount }: Result = await naming(() =>
        client.query(name === undefined ? query : { ...query, name }),
      )
      // The row's type is the query's, which Kysely checked against the tables.
      return { rows: rows as Row[], numAffectedRows: BigInt(rowCount ?? 0) }
    },
  }
}

function asSession(
  client: pg.PoolClient,
  nameOf: (text: string) => string | undefined,
  begin: string,
): Session {
  const command = async (text: string) => void (await naming(() => client.query(text)))
  return {
    ...asConnection(client, nameOf),
    begin: () => command(begin),
    commit: () => command('commit'),
    rollback: () => command('rollback'),
    release: (isBroken) => client.release(isBroken),
  }
}

/** Texts that differ by the number of their values are few; should they not be, they go unnamed. */
const maxNames = 500

/** Every statement is prepared once on each connection, under a name. */
function nameStatements(): (text: string) => string | undefined {
  const names = new Map<string, string>()
  return (text) => {
    const known = names.get(text)
    if (known !== undefined || names.size >= maxNames) return known
    const name = `kaimen_${names.size}`
    names.set(text, name)
    return name
  }
}

async function naming<Outcome>(act: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await act()
  } catch (error) {
    throw nameFault(error)
  }
}

function nameFault(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof TypeError) return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return new DatabaseError(faultOf(code, error.message), code)
}

/** PostgreSQL's documentation, appendix A: the error codes. */
const faults: readonly (readonly [RegExp, DatabaseFault])[] = [
  [/^(40001|40P01|55P03)$/, 'conflict'],
  [/^(23505|23503)$/, 'taken'],
  // 40003: whether it was done is not known. 57P05 and 25P03: it rested for too long.
  [/^(40003|57P01|57P02|57P05|25P03|08\w{3})$/, 'lost'],
  [/^(57P03|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT)$/, 'unreachable'],
  [/^28\w{3}$/, 'credentials'],
  [/^3D000$/, 'no_database'],
  [/^42501$/, 'permission'],
  [/^25006$/, 'read_only'],
  [/^53\w{3}$/, 'overloaded'],
  [/^57014$/, 'timeout'],
  [/^(CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO)/, 'tls'],
  [/^[0-9A-Z]{5}$/, 'unexpected'],
]

function faultOf(code: string | undefined, message: string): DatabaseFault {
  const known = faults.find(([pattern]) => code !== undefined && pattern.test(code))
  if (known) return known[1]
  if (/support SSL/i.test(message)) return 'tls'
  if (/password/i.test(message)) return 'credentials'
  if (/timeout expired|connect/i.test(message) && /timeout/i.test(message)) return 'unreachable'
  // Of the driver's own: the connection ended, or gave no answer in time.
  return 'lost'
}
