/**
 * What people take on the disk, table by table, on SQLite and on the database servers that answer.
 *
 *     node --conditions=@kaimen/source benchmarks/space.ts [users]
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, type Store } from '@kaimen/server'
import { createSqlStore, openDatabase, type Database } from '@kaimen/server/store/sql'
import { CompiledQuery } from 'kysely'
import { app } from './servers/server.ts'

const users = Number(process.argv[2] ?? 20_000)
/** Of each user: the first made them. */
const signIns = 2
const atOnce = 64
const day = 86_400_000

/** As a phone tells of itself. */
const device = JSON.stringify({ model: 'iPhone 17 Pro', system: 'iOS 26.1', name: null })

/** Each table and index with its bytes, in the words of each engine. */
const sizes = {
  sqlite: `select name as part, sum(pgsize) as bytes from dbstat group by name`,
  postgres: `select relname as part, pg_relation_size(oid) as bytes from pg_class
    where relkind in ('r', 'i') and relnamespace = 'public'::regnamespace`,
  mysql: `select concat(table_name, ' and its indexes') as part, data_length + index_length as bytes
    from information_schema.tables where table_schema = database()`,
}
const settle = {
  sqlite: [],
  postgres: ['vacuum analyze'],
  mysql: ['analyze table users, identities, unionids, phone_indexes, sessions, events'],
}

for (const open of [openFile, openServer('postgres'), openServer('mysql')]) {
  const opened = await open()
  if (!opened) continue
  try {
    await fill(createSqlStore(opened.database, systemClock))
    await report(opened.database)
  } finally {
    await opened.close()
  }
}

async function openFile() {
  const folder = mkdtempSync(join(tmpdir(), 'kaimen-space-'))
  const database = openDatabase(`sqlite:${join(folder, 'kaimen.db')}`)
  const close = async () => {
    await database.close()
    rmSync(folder, { recursive: true })
  }
  return { database, close }
}

function openServer(engine: 'postgres' | 'mysql') {
  const server =
    engine === 'postgres'
      ? (process.env['TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres')
      : (process.env['TEST_MYSQL_URL'] ?? 'mysql://root@127.0.0.1:3306/test')
  return async () => {
    const admin = openDatabase(server, { poolSize: 1 })
    const name = `kaimen_space_${randomBytes(4).toString('hex')}`
    try {
      await run(admin, `create database ${name}`)
    } catch {
      await admin.close()
      console.log(`${engine}: does not answer; left out`)
      return undefined
    }
    const url = new URL(server)
    url.pathname = `/${name}`
    const database = openDatabase(url.href)
    const close = async () => {
      await database.close()
      await run(admin, `drop database ${name}`)
      await admin.close()
    }
    return { database, close }
  }
}

function run(database: Database, text: string) {
  return database.alone.executeQuery<{ part: string; bytes: number | string }>(
    CompiledQuery.raw(text),
  )
}

async function fill(store: Store) {
  await store.migrate()
  const waiting = Array.from({ length: users }, (_, index) => index)
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
        await signInTimes(store, index)
      }
    }),
  )
}

async function signInTimes(store: Store, index: number) {
  const user_id = store.newId()
  const text = (length: number) => randomBytes(length).toString('base64url').slice(0, length)
  const phone = text(43)
  for (let turn = 0; turn < signIns; turn++) {
    const now_ms = Date.now()
    const isFirst = turn === 0
    const session = store.newId()
    const outcome = await store.signIn({
      now_ms,
      app_id: app.app_id,
      user_id,
      user: isFirst ? 'make' : 'known',
      wechat: {
        app_id: app.app_id,
        openid: `o${String(index).padStart(27, '0')}`,
        open_platform: 'default',
        unionid: `u${String(index).padStart(27, '0')}`,
        identity: isFirst ? 'new' : 'known',
        claim_unionid: isFirst,
        session_key: randomBytes(55),
      },
      phone: isFirst ? { indexes: [phone], index: phone, sealed: randomBytes(43) } : null,
      session: {
        id: session,
        device,
        idle_expires_at: now_ms + 30 * day,
        expires_at: now_ms + 180 * day,
      },
      events: [
        {
          id: store.newId(),
          at: now_ms,
          kind: 'signed_in',
          user_id,
          session_id: session,
          app_id: app.app_id,
          detail: JSON.stringify({ by: 'wechat', decision: isFirst ? 'create' : 'exists' }),
        },
      ],
    })
    // Two ids of one number: as rare as it is, whoever signs in tries again.
    if (outcome !== 'signed_in') turn -= 1
  }
}

async function report(database: Database) {
  const { engine } = database
  for (const text of settle[engine]) await run(database, text)
  const { rows } = await run(database, sizes[engine])
  const parts = rows
    .map(({ part, bytes }) => ({ part, perUser: Number(bytes) / users }))
    .filter(({ perUser }) => perUser >= 1)
    .sort((a, b) => b.perUser - a.perUser)
  const total = parts.reduce((sum, { perUser }) => sum + perUser, 0)
  console.log(`\n${engine}: ${Math.round(total)} bytes a user with ${signIns} sign-ins`)
  for (const { part, perUser } of parts) {
    console.log(`  ${String(Math.round(perUser)).padStart(5)}  ${part}`)
  }
}
