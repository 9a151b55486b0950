import {
  CompiledQuery,
  Kysely,
  sql,
  type DatabaseConnection,
  type Dialect,
  type Driver,
} from 'kysely'
import type { Clock } from '../../clock.ts'
import type { Random } from '../../random.ts'
import type { ColumnTypes } from './column-types.ts'
import { DatabaseError } from './database-error.ts'
import type { Connection, Migrations } from './database.ts'

/** Names as Kysely's own migrator gives them: it kept the first databases. */
type Log = { kysely_migration: { name: string; timestamp: string } }

type Lease = { migration_lease: { name: string; holder: string; ends_at: number } }

type Target = {
  readonly on: Connection
  /** Runs on the same connection. */
  readonly db: Kysely<unknown>
  readonly types: ColumnTypes
}

/** What was applied, also by a later version of Kaimen. Nothing, where nothing ever was. */
export async function listMigrations(db: Kysely<unknown>): Promise<readonly string[]> {
  try {
    return await readLog(db)
  } catch (error) {
    if (isNoTable(error)) return []
    throw error
  }
}

/**
 * Applies what is missing in one transaction that the caller began, and in which nobody else
 * migrates. What a later version applied stays.
 */
export async function applyMissing(
  { db, types }: Omit<Target, 'on'>,
  migrations: Migrations,
  clock: Clock,
): Promise<readonly string[]> {
  await makeLog(db, types)
  const missing = missingOf(migrations, await readLog(db))
  for (const [name, migration] of missing) {
    await migration.up(db, types)
    await record(db, name, clock)
  }
  return missing.map(([name]) => name)
}

/**
 * Where changes of the schema are part of a transaction: all or none is applied, and whoever comes
 * meanwhile waits at the row that holds the log's lock. A node that dies leaves nothing behind.
 */
export async function migrateInTransaction(
  target: Target,
  migrations: Migrations,
  clock: Clock,
): Promise<readonly string[]> {
  const command = (text: string) => target.on.executeQuery(CompiledQuery.raw(text))
  for (let tries = 1; ; tries++) {
    if (missingOf(migrations, await listMigrations(target.db)).length === 0) return []
    await command('begin isolation level read committed')
    try {
      await lockLog(target)
      const applied = await applyMissing(target, migrations, clock)
      await command('commit')
      return applied
    } catch (error) {
      await command('rollback')
      // Of two who make one table at the same time, one is told that its name is taken.
      const isRace =
        error instanceof DatabaseError &&
        (error.fault === 'conflict' || error.fault === 'taken' || error.code === '42P07')
      if (!isRace || tries === maxTries) throw error
      await clock.sleep(retryMs)
    }
  }
}

const maxTries = 20
const retryMs = 100

/**
 * Where each change of the schema is committed by itself: under a lease that is renewed while the
 * work goes on. A node that dies leaves it for another to take after a minute, who begins with the
 * migration that was broken off. What that one had done already is passed over.
 *
 * @param lease A connection of its own: the other one is busy with the schema.
 */
export async function migrateByLease(
  target: Target & { dialect: Omit<Dialect, 'createDriver'>; lease: Connection },
  migrations: Migrations,
  { clock, random }: { clock: Clock; random: Random },
): Promise<readonly string[]> {
  const db = asKysely<unknown>(target.dialect, passingOver(target.on, clock))
  if (missingOf(migrations, await listMigrations(target.db)).length === 0) return []
  await makeLog(db, target.types)
  await makeLease(db, target.types)
  const leases = asKysely<Lease>(target.dialect, target.lease)
  const me = Buffer.from(random(16)).toString('hex')
  for (let waitedMs = 0; !(await takeLease(leases, me)); waitedMs += leaseLookMs) {
    if (waitedMs > maxLeaseWaitMs) throw new DatabaseError('timeout')
    await clock.sleep(leaseLookMs)
    if (missingOf(migrations, await readLog(db)).length === 0) return []
  }
  const renewing = setInterval(
    () => {
      renewLease(leases, me).catch(() => {})
    },
    (leaseSeconds * 1000) / 4,
  )
  renewing.unref()
  try {
    const applied: string[] = []
    for (const [name, migration] of missingOf(migrations, await readLog(db))) {
      if (!(await renewLease(leases, me))) throw new DatabaseError('conflict')
      await migration.up(db, target.types)
      if (await record(db, name, clock)) applied.push(name)
    }
    return applied
  } finally {
    clearInterval(renewing)
    await endLease(leases, me).catch(() => {})
  }
}

const leaseSeconds = 60
const leaseLookMs = 200
const maxLeaseWaitMs = 10 * 60_000

function missingOf(migrations: Migrations, applied: readonly string[]) {
  return Object.entries(migrations)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .filter(([name]) => !applied.includes(name))
}

const asLog = (db: Kysely<unknown>) => db as Kysely<Log>

async function readLog(db: Kysely<unknown>): Promise<readonly string[]> {
  const rows = await asLog(db).selectFrom('kysely_migration').select('name').execute()
  return rows.map(({ name }) => name)
}

async function makeLog(db: Kysely<unknown>, types: ColumnTypes) {
  await db.schema
    .createTable('kysely_migration')
    .ifNotExists()
    .addColumn('name', types.key(), (c) => c.notNull().primaryKey())
    .addColumn('timestamp', types.key(), (c) => c.notNull())
    .execute()
}

/** @returns Whether nobody else had. */
async function record(db: Kysely<unknown>, name: string, clock: Clock): Promise<boolean> {
  const timestamp = new Date(clock.now()).toISOString()
  const { numInsertedOrUpdatedRows } = await asLog(db)
    .insertInto('kysely_migration')
    .values({ name, timestamp })
    .executeTakeFirst()
  return Boolean(numInsertedOrUpdatedRows)
}

async function lockLog({ on, db, types }: Target) {
  await db.schema
    .createTable('migration_lock')
    .ifNotExists()
    .addColumn('id', types.count, (c) => c.notNull().primaryKey())
    .execute()
  await sql`insert into migration_lock (id) values (1) on conflict do nothing`.execute(db)
  await on.executeQuery(CompiledQuery.raw('select id from migration_lock where id = 1 for update'))
}

async function makeLease(db: Kysely<unknown>, types: ColumnTypes) {
  await db.schema
    .createTable('migration_lease')
    .ifNotExists()
    .addColumn('name', types.key(), (c) => c.notNull().primaryKey())
    .addColumn('holder', types.key(), (c) => c.notNull())
    .addColumn('ends_at', types.instant, (c) => c.notNull())
    .execute()
  await sql`insert into migration_lease (name, holder, ends_at) values ('schema', '', 0)`.execute(
    db,
  )
}

// By the server's clock, which all nodes share.
const now = sql<number>`unix_timestamp()`
const leaseEnd = sql<number>`unix_timestamp() + ${sql.lit(leaseSeconds)}`

async function takeLease(db: Kysely<Lease>, holder: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('migration_lease')
    .set({ holder, ends_at: leaseEnd })
    .where('name', '=', 'schema')
    .where('ends_at', '<', now)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

async function renewLease(db: Kysely<Lease>, holder: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('migration_lease')
    .set({ ends_at: leaseEnd })
    .where('name', '=', 'schema')
    .where('holder', '=', holder)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

async function endLease(db: Kysely<Lease>, holder: string) {
  await db
    .updateTable('migration_lease')
    .set({ holder: '', ends_at: 0 })
    .where('name', '=', 'schema')
    .where('holder', '=', holder)
    .execute()
}

/** The table, column, index or row is there already. */
const thereAlready = new Set(['1050', '1060', '1061', '1062'])

/** Each statement is a transaction of its own, so that it may be tried again after a conflict. */
function passingOver(on: Connection, clock: Clock): Connection {
  return {
    async executeQuery(query) {
      for (let tries = 1; ; tries++) {
        try {
          return await on.executeQuery(query)
        } catch (error) {
          if (!(error instanceof DatabaseError)) throw error
          if (thereAlready.has(error.code ?? '')) return { rows: [], numAffectedRows: 0n }
          if (error.fault !== 'conflict' || tries === maxTries) throw error
          await clock.sleep(retryMs)
        }
      }
    },
  }
}

/** PostgreSQL, MySQL, SQLite. */
function isNoTable(error: unknown): boolean {
  if (error instanceof DatabaseError) return error.code === '42P01' || error.code === '1146'
  return error instanceof Error && error.message.startsWith('no such table')
}

/** Lets Kysely run on a connection that is there; transactions are its owner's. */
export function asKysely<Tables>(
  dialect: Omit<Dialect, 'createDriver'>,
  on: Connection,
): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: { ...dialect, createDriver: () => driverOn(on) } })
}

function driverOn(on: Connection): Driver {
  const nothing = () => Promise.resolve()
  const connection: DatabaseConnection = {
    executeQuery: <Row>(query: CompiledQuery) => on.executeQuery<Row>(query),
    streamQuery(): never {
      throw new Error('Nothing is streamed here')
    },
  }
  return {
    init: nothing,
    acquireConnection: () => Promise.resolve(connection),
    beginTransaction: nothing,
    commitTransaction: nothing,
    rollbackTransaction: nothing,
    releaseConnection: nothing,
    destroy: nothing,
  }
}
