import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { databaseFile, openStore } from './servers/kaimen.ts'
import { app } from './servers/server.ts'

/**
 * Makes a database of Kaimen's in which so many people have signed in once before: a user, an
 * identity, a session and an event each. Takes some 20 s a million.
 */
export async function fillDatabase(folder: string, people: number): Promise<void> {
  const store = openStore(folder)
  await store.migrate()
  const newest = store.newId()
  await store.close()

  const db = new DatabaseSync(join(folder, databaseFile))
  // Of one moment each, as far as they go back: ids are times.
  const id = `${newest} - (${people} - i) * 4096`
  const of = `with recursive n (i) as (select 0 union all select i + 1 from n where i < ${people} - 1)`
  const now = Date.now()
  const openid = "'oBenchmark0000000000r' || printf('%07d', i)"
  db.exec('pragma synchronous = off; pragma cache_size = -262144; begin')
  db.exec(`insert into users (id, status, created_at) ${of} select ${id}, 'active', ${now} from n`)
  db.exec(
    `insert into identities (app_id, openid, user_id, session_key, created_at, session_key_at) ${of}
     select '${app.app_id}', ${openid}, ${id}, randomblob(55), ${now}, ${now} from n`,
  )
  db.exec(
    `insert into sessions (id, user_id, app_id, generation, created_at, rotated_at, idle_expires_at, expires_at) ${of}
     select ${id} + 1, ${id}, '${app.app_id}', 0, ${now}, ${now}, ${now} + 2592000000, ${now} + 15552000000 from n`,
  )
  db.exec(
    `insert into events (id, at, kind, user_id, session_id, app_id, detail) ${of}
     select ${id} + 2, ${now}, 'signed_in', ${id}, ${id} + 1, '${app.app_id}', '{"by":"wechat","decision":"create"}' from n`,
  )
  db.exec('commit; pragma wal_checkpoint(truncate)')
  db.close()
}
