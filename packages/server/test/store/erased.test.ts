import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createSqlStore, openSqlite } from '@kaimen/server/store/sql'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { testClock } from '../support/clock.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaimen-erased-'))
})
afterEach(() => rm(folder, { recursive: true }))

it('[PI-2] no row of a SQLite file names who was erased, also after merges that were undone', async () => {
  const clock = testClock()
  const now_ms = clock.now()
  const path = join(folder, 'kaimen.db')
  const store = createSqlStore(openSqlite(path), clock)
  await store.migrate()

  const settle = async (name: string) => {
    const user_id = store.newId()
    const index = `phone of ${name}`
    await store.signIn({
      now_ms,
      app_id: `app of ${name}`,
      user_id,
      user: 'make',
      wechat: {
        app_id: `app of ${name}`,
        openid: `openid of ${name}`,
        open_platform: 'platform',
        unionid: `union of ${name}`,
        identity: 'new',
        claim_unionid: true,
        session_key: Buffer.from(`key of ${name}`),
      },
      phone: { indexes: [index], index, sealed: Buffer.from(index) },
      session: {
        id: store.newId(),
        device: `device of ${name}`,
        idle_expires_at: now_ms + 1000,
        expires_at: now_ms + 1000,
      },
      events: [],
    })
    await store.changeProfile({ user_id, nickname: `name of ${name}`, now_ms })
    return user_id
  }
  const merge = async (from_id: number, into_id: number) => {
    const id = store.newId()
    await store.mergeUsers({ id, from_id, into_id, now_ms, gone_at: now_ms + 1000 })
    return id
  }
  const search = (text: string) => {
    const database = new DatabaseSync(path, { readOnly: true })
    const tables = database.prepare(`select name from sqlite_schema where type = 'table'`).all()
    const rows = tables.flatMap(({ name }) =>
      database.prepare(`select * from ${String(name)}`).all(),
    )
    database.close()
    const texts = rows.flatMap((row) =>
      Object.values(row).map((value) =>
        value instanceof Uint8Array ? Buffer.from(value).toString() : String(value),
      ),
    )
    return texts.filter((each) => each.includes(text))
  }

  const gone = await settle('gone')
  const first = await settle('first')
  const second = await settle('second')
  const merges = [await merge(gone, first), await merge(first, second)]
  for (const id of merges.toReversed()) {
    expect(await store.undoMerge({ id, now_ms })).toBe('undone')
  }
  await store.deleteUser({ id: gone, now_ms, gone_at: now_ms })
  expect(search('of gone')).not.toEqual([])
  expect(await store.eraseUser({ id: gone, now_ms })).toBe(true)
  expect(search('of gone')).toEqual([])
  expect(search('of first')).not.toEqual([])
  await store.close()
})
