import { mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { KaimenError, systemClock, type EphemeralStore, type Store } from '@kaimen/server'
import {
  createSqlEphemeralStore,
  createSqlStore,
  DatabaseError,
  DatabaseUrlError,
  openDatabase,
  openSqlite,
  readDatabaseUrl,
  type Database,
  type DatabaseFault,
  type DatabaseUrl,
} from '@kaimen/server/store/sql'
import { explainFault, explainUrl } from './database-faults.ts'
import { refuse } from './refuse.ts'

/** What time mends by itself: whoever serves can wait for it. */
const passingFaults: readonly DatabaseFault[] = [
  'unreachable',
  'lost',
  'timeout',
  'overloaded',
  'read_only',
]

/**
 * Both stores, for a server, also while the database is away. Without an ephemeral one, that of the
 * process's memory serves.
 */
export async function openStores(
  databaseUrl: string,
): Promise<{ store: Store; ephemeral?: EphemeralStore }> {
  const database = await openChecked(databaseUrl, passingFaults)
  const store = createSqlStore(database, systemClock)
  // A file has one server; at a database server there may be several, which share it.
  if (database.engine === 'sqlite') return { store }
  return { store, ephemeral: createSqlEphemeralStore(database, systemClock) }
}

/** Opens the store that `KAIMEN_DATABASE_URL` names. */
export async function openStore(databaseUrl: string): Promise<Store> {
  return createSqlStore(await openChecked(databaseUrl), systemClock)
}

async function openChecked(
  databaseUrl: string,
  passed: readonly DatabaseFault[] = [],
): Promise<Database> {
  const named = readUrl(databaseUrl)
  if (named.engine === 'sqlite') return openFile(resolve(named.path))
  const database = openDatabase(databaseUrl)
  try {
    await database.listMigrations()
    return database
  } catch (error) {
    const fault = faultOf(error)
    if (fault && passed.includes(fault.fault)) return database
    await database.close()
    throw fault ? refuse(...explainFault(fault)) : error
  }
}

async function openFile(path: string): Promise<Database> {
  try {
    // Personal data: for this user alone, where the folder is ours to make.
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    return openSqlite(path)
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown'
    throw refuse(
      `The database ${path} cannot be opened: ${reason}. Check KAIMEN_DATABASE_URL and KAIMEN_DATA_DIR, and who may write there.`,
      `无法打开数据库 ${path}：${reason}。请检查 KAIMEN_DATABASE_URL、KAIMEN_DATA_DIR 以及写入权限。`,
    )
  }
}

/** @throws ConfigError That names the part that is wrong. */
export function readUrl(databaseUrl: string): DatabaseUrl {
  try {
    return readDatabaseUrl(databaseUrl)
  } catch (error) {
    throw error instanceof DatabaseUrlError ? refuse(...explainUrl(error.part)) : error
  }
}

/** Why a database server did not do what it was asked. */
export function faultOf(error: unknown): DatabaseError | undefined {
  const why = error instanceof Error ? (error.cause ?? error) : undefined
  return why instanceof DatabaseError ? why : undefined
}

/** Whether the database is away, and waiting helps. */
export function isPassing(error: unknown): boolean {
  const fault = faultOf(error)?.fault
  if (fault !== undefined) return passingFaults.includes(fault)
  return error instanceof KaimenError && error.code === 'unavailable'
}

/** For a person to read: without user and password. */
export function describeDatabase(databaseUrl: string): string {
  const named = readUrl(databaseUrl)
  if (named.engine === 'sqlite') return `sqlite:${named.path}`
  const { host, port, database } = named.address
  return `${named.engine}://${host}${port === undefined ? '' : `:${port}`}/${database}`
}
