import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase, migrations, type Database } from '@kaimen/server/store/sql'
import { CompiledQuery } from 'kysely'
import { isSkipped } from '../../../../tools/services/skip.ts'
import type { Random } from '../../src/random.ts'

export type ServerKind = 'postgres' | 'postgres, serializable' | 'mysql'

const lacksPostgres = isSkipped(
  'PostgreSQL (at TEST_POSTGRES_URL)',
  process.env['TEST_POSTGRES_URL'] !== undefined,
)

/** For `skipIf` of the tests that need one. */
export const lacksServer: Readonly<Record<ServerKind, boolean>> = {
  postgres: lacksPostgres,
  'postgres, serializable': lacksPostgres,
  mysql: isSkipped(
    'MySQL or MariaDB (at TEST_MYSQL_URL)',
    process.env['TEST_MYSQL_URL'] !== undefined,
  ),
}

export const serverKinds: readonly ServerKind[] = ['postgres', 'postgres, serializable', 'mysql']

type OpenOptions = NonNullable<Parameters<typeof openDatabase>[1]>
type World = NonNullable<Parameters<typeof openDatabase>[2]>

/** A server's database of this test's own, which is gone when it is closed. */
export type TestDatabase = {
  readonly url: string
  /** Opens it once more, with a pool of its own. */
  open(options?: OpenOptions, world?: World): Database
  close(): Promise<void>
}

const urlOf = (kind: ServerKind) =>
  kind === 'mysql'
    ? (process.env['TEST_MYSQL_URL'] ?? 'mysql://root@127.0.0.1:3306/test')
    : (process.env['TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres')

/** @param server Another server's URL. */
export async function makeDatabase(kind: ServerKind, server = urlOf(kind)): Promise<TestDatabase> {
  const name = `kaimen_test_${randomBytes(6).toString('hex')}`
  const admin = openDatabase(server, { poolSize: 1 })
  await run(admin, `create database ${name}`)
  if (kind !== 'mysql') {
    // Nothing here is asked for after the server itself has died.
    await run(admin, `alter database ${name} set synchronous_commit = off`)
  }
  const url = new URL(server)
  url.pathname = `/${name}`
  const opened: Database[] = []
  return {
    url: url.href,
    open(options = {}, world = {}) {
      const isolation = kind === 'postgres, serializable' ? 'serializable' : undefined
      const database = openDatabase(
        url.href,
        { ...(isolation && { isolation }), poolSize: 8, ...options },
        world,
      )
      opened.push(database)
      return database
    },
    async close() {
      await Promise.all(opened.map((database) => database.close()))
      await run(admin, `drop database ${name}${kind === 'mysql' ? '' : ' with (force)'}`)
      await admin.close()
    },
  }
}

export async function run(database: Database, text: string) {
  return database.alone.executeQuery<Record<string, unknown>>(CompiledQuery.raw(text))
}

/** The chance of two nodes' ids: while the clock stands still they collide only where they should. */
export const chances: Record<'a' | 'b', Random> = {
  a: () => Uint8Array.of(0, 0, 0, 0),
  b: () => Uint8Array.of(4, 0, 0, 0),
}

const tables = [
  'sessions',
  'identities',
  'unionids',
  'phone_indexes',
  'unverified_phone_indexes',
  'preferences',
  'conflicts',
  'merges',
  'users',
  'events',
  'cursors',
  'loose_blobs',
  'signing_keys',
  'service_credentials',
  'cutoffs',
  'admins',
  'admin_invites',
  'admin_recovery_codes',
  'admin_sessions',
  'ephemeral',
]

export async function emptyTables(database: Database): Promise<void> {
  const deletes = tables.map((table) => `delete from ${table}`)
  if (database.engine === 'postgres') {
    // At once: each statement is a round trip.
    const parts = deletes.map((text, n) => `t${n} as (${text})`)
    await run(database, `with ${parts.join(', ')} select 1`)
  } else {
    await database.write(async (on) => {
      for (const text of deletes) await on.executeQuery(CompiledQuery.raw(text))
    })
  }
}

/** Migrated once, emptied before each test: two pools, as two nodes have them. */
export type TwoNodes = {
  a: Database
  b: Database
  /** One node more. */
  open(options?: OpenOptions, world?: World): Database
  empty(): Promise<void>
  close(): Promise<void>
}

export async function openTwoNodes(kind: ServerKind | 'sqlite'): Promise<TwoNodes> {
  const nodes = kind === 'sqlite' ? await openTwoOnAFile() : await openTwoOnAServer(kind)
  await nodes.a.migrate(migrations)
  return {
    ...nodes,
    empty: () => emptyTables(nodes.a),
  }
}

async function openTwoOnAServer(kind: ServerKind) {
  const database = await makeDatabase(kind)
  const { open, close } = database
  return { a: open(), b: open(), open, close }
}

async function openTwoOnAFile() {
  const folder = await mkdtemp(join(tmpdir(), 'kaimen-store-'))
  const path = join(folder, 'kaimen.db')
  const [a, b] = [openDatabase(`sqlite:${path}`), openDatabase(`sqlite:${path}`)]
  const close = async () => {
    await Promise.all([a.close(), b.close()])
    await rm(folder, { recursive: true })
  }
  return { a, b, open: () => a, close }
}
