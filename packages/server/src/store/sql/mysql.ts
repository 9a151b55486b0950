import { createRequire } from 'node:module'
import {
  DummyDriver,
  Kysely,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  type CompiledQuery,
  type QueryResult,
} from 'kysely'
import type * as mysql from 'mysql2'
import { systemClock, type Clock } from '../../clock.ts'
import { systemRandom, type Random } from '../../random.ts'
import { loadSdk } from '../../sdk.ts'
import { columnTypes } from './column-types.ts'
import { DatabaseError, type DatabaseFault } from './database-error.ts'
import type { ServerAddress } from './database-url.ts'
import type { Connection, Database } from './database.ts'
import { asKysely, listMigrations, migrateByLease } from './migrate.ts'
import {
  maxTransactionMs,
  serverDatabase,
  serverDefaults,
  serverSettleMs,
  type ServerOptions,
  type Session,
} from './server-database.ts'
import type { Tables } from './tables.ts'

const load = createRequire(import.meta.url)

const dialect = {
  createAdapter: () => new MysqlAdapter(),
  createIntrospector: (db: Kysely<unknown>) => new MysqlIntrospector(db),
  createQueryCompiler: () => new MysqlQueryCompiler(),
}

/**
 * MySQL or MariaDB, by the package `mysql2`. No connection is opened before the first statement.
 *
 * @throws ConfigError If `mysql2` is not installed.
 */
export function openMysql(
  address: ServerAddress,
  options: ServerOptions = {},
  { clock = systemClock, random = systemRandom }: { clock?: Clock; random?: Random } = {},
): Database {
  const driver = loadSdk('MySQL', 'mysql2', () => load('mysql2') as typeof mysql)
  const limits = { ...serverDefaults, ...options }
  const config: mysql.ConnectionOptions = {
    ...(address.host.startsWith('/')
      ? { socketPath: address.host }
      : { host: address.host, port: address.port ?? 3306 }),
    user: address.user,
    ...(address.password && { password: address.password.reveal() }),
    database: address.database,
    ...(address.tls && { ssl: address.tls }),
    charset: 'utf8mb4',
    connectTimeout: limits.connectTimeoutMs,
    enableKeepAlive: true,
  }
  const pool = driver.createPool({
    ...config,
    connectionLimit: limits.poolSize,
    maxPreparedStatements: maxPrepared,
  })
  pool.on('connection', (connection) => {
    // Of one that ends in use its next statement tells.
    connection.on('error', () => {})
    connection.query(settings(limits.statementTimeoutMs, options.isolation), () => {})
  })

  const connect = () =>
    new Promise<Session>((resolve, reject) => {
      pool.getConnection((error, connection) => {
        if (error) reject(nameFault(error))
        else resolve(asSession(connection, limits.statementTimeoutMs))
      })
    })
  const builder = new Kysely<Tables>({
    dialect: { ...dialect, createDriver: () => new DummyDriver() },
  })
  const statements = serverDatabase(connect, limits, { clock, random })

  return {
    engine: 'mysql',
    settleMs: serverSettleMs,
    builder,
    ...statements,
    inGroups: ({ alone }) => alone,
    async migrate(migrations) {
      // A change of the schema may take its time, and the pool's connections have little.
      const connection = driver.createConnection(config)
      connection.on('error', () => {})
      try {
        const on = asConnection(connection)
        const version = await readVersion(on, builder)
        const db = asKysely<unknown>(dialect, on)
        const target = { on, db, dialect, types: columnTypes('mysql', version) }
        return await migrateByLease({ ...target, lease: statements.alone }, migrations, {
          clock,
          random,
        })
      } finally {
        connection.destroy()
      }
    },
    listMigrations: () => listMigrations(asKysely<unknown>(dialect, statements.reader)),
    close: () =>
      new Promise((resolve) => {
        pool.end(() => resolve())
      }),
  }
}

/** Statements kept prepared on each connection; the stores have some hundred. */
const maxPrepared = 500

/**
 * What MariaDB alone knows is in comments that MariaDB alone reads, from 10.3 on; the same of MySQL
 * from 5.7.8 on.
 */
function settings(statementTimeoutMs: number, isolation: ServerOptions['isolation']): string {
  const seconds = Math.ceil(maxTransactionMs / 1000)
  const level = isolation && `, ${levelOf[isolation]}`
  return [
    `set session sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'`,
    `, innodb_lock_wait_timeout = ${seconds}`,
    `/*M!100300 , idle_transaction_timeout = ${seconds}, max_statement_time = ${statementTimeoutMs / 1000} */`,
    `/*!50708 , max_execution_time = ${statementTimeoutMs} */`,
    level ?? '',
  ].join(' ')
}

/** By MariaDB's name before 11.1; MySQL 8 has another, which MariaDB 10 does not know. */
const levelOf = {
  'read committed': `/*M! session tx_isolation = 'READ-COMMITTED' */ /*!80003 transaction_isolation = 'READ-COMMITTED' */`,
  'repeatable read': `/*M! session tx_isolation = 'REPEATABLE-READ' */ /*!80003 transaction_isolation = 'REPEATABLE-READ' */`,
  serializable: `/*M! session tx_isolation = 'SERIALIZABLE' */ /*!80003 transaction_isolation = 'SERIALIZABLE' */`,
} as const

async function readVersion(on: Connection, db: Kysely<Tables>): Promise<string> {
  const query = db.selectNoFrom((e) => e.fn<string>('version', []).as('version')).compile()
  return (await on.executeQuery(query)).rows[0]?.version ?? ''
}

type Connected = Pick<mysql.Connection, 'query' | 'execute'>

function asConnection(connection: Connected, timeoutMs?: number): Connection {
  return {
    executeQuery: <Row>({ sql, parameters }: CompiledQuery<Row>) =>
      new Promise<QueryResult<Row>>((resolve, reject) => {
        const values = parameters.map(asBindable)
        const options = { sql, values, ...(timeoutMs !== undefined && { timeout: timeoutMs }) }
        const done = (error: Error | null, result: mysql.QueryResult) => {
          if (error) reject(nameFault(error))
          else resolve(asResult<Row>(result))
        }
        // Not every change of the schema can be prepared.
        if (values.length === 0) connection.query(options, done)
        else connection.execute(options, done)
      }),
  }
}

function asBindable(value: unknown): mysql.ExecuteValues {
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  }
  return value as mysql.ExecuteValues
}

function asResult<Row>(result: mysql.QueryResult): QueryResult<Row> {
  // The row's type is the query's, which Kysely checked against the tables.
  if (Array.isArray(result)) return { rows: result as Row[] }
  const { affectedRows, insertId } = result
  return { rows: [], numAffectedRows: BigInt(affectedRows), insertId: BigInt(insertId) }
}

function asSession(connection: mysql.PoolConnection, statementTimeoutMs: number): Session {
  // For a server that does not answer at all.
  const on = asConnection(connection, statementTimeoutMs + 2000)
  const command = (text: string) =>
    new Promise<void>((resolve, reject) => {
      connection.query({ sql: text, timeout: statementTimeoutMs + 2000 }, (error) => {
        if (error) reject(nameFault(error))
        else resolve()
      })
    })
  return {
    ...on,
    begin: () => command('begin'),
    commit: () => command('commit'),
    rollback: () => command('rollback'),
    release(isBroken) {
      if (isBroken) connection.destroy()
      else connection.release()
    },
  }
}

function nameFault(error: Error): Error {
  if (error instanceof TypeError) return error
  const errno = 'errno' in error && typeof error.errno === 'number' ? error.errno : undefined
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const fault = (errno === undefined ? undefined : faults.get(errno)) ?? byCode(code, errno)
  const shown = errno !== undefined && errno > 0 ? String(errno) : code
  return new DatabaseError(fault, shown)
}

const faults: ReadonlyMap<number, DatabaseFault> = new Map<number, DatabaseFault>([
  // Deadlock or Galera's certification; lock wait; changed since read; TiDB's write conflicts.
  ...([1213, 1205, 1020, 8002, 8022, 8028, 9007] as const).map((n) => [n, 'conflict'] as const),
  [1062, 'taken'],
  // Shutdown, killed, rested for too long.
  ...([1053, 1927, 4031, 1152, 1184] as const).map((n) => [n, 'lost'] as const),
  // Galera: this node is not part of the cluster.
  [1047, 'unreachable'],
  ...([1044, 1142, 1143, 1227] as const).map((n) => [n, 'permission'] as const),
  ...([1045, 1698, 1251] as const).map((n) => [n, 'credentials'] as const),
  [1049, 'no_database'],
  ...([1290, 1792, 1836] as const).map((n) => [n, 'read_only'] as const),
  ...([1040, 1203, 1226, 1041] as const).map((n) => [n, 'overloaded'] as const),
  ...([1317, 1969, 3024] as const).map((n) => [n, 'timeout'] as const),
])

function byCode(code: string | undefined, errno: number | undefined): DatabaseFault {
  if (
    /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT|ETIMEDOUT)$/.test(
      code ?? '',
    )
  ) {
    return 'unreachable'
  }
  if (
    /^(HANDSHAKE_|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO)/.test(code ?? '')
  ) {
    return 'tls'
  }
  // The server's own errors have numbers from 1000 on; of the rest the connection ended.
  return errno !== undefined && errno >= 1000 ? 'unexpected' : 'lost'
}
