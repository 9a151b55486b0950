import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { systemClock } from '@kaimen/server'
import { createSqlStore, openSqlite } from '@kaimen/server/store/sql'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { AccountProcessOptions } from './account-process.ts'

const rounds = 15

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaimen-account-durability-'))
  path = join(folder, 'kaimen.db')
  const store = createSqlStore(openSqlite(path), systemClock)
  await store.migrate()
  await store.close()
})
afterEach(() => rm(folder, { recursive: true }))

/** Lets a process act on the file, and gives it no chance to do anything more. */
async function actUntilKilled(round: number) {
  const options: AccountProcessOptions = { path, round }
  const script = join(import.meta.dirname, 'account-process.ts')
  const child = spawn(
    process.execPath,
    ['--conditions=@kaimen/source', script, JSON.stringify(options)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const gone = once(child, 'exit')
  const begun = once(child.stdout, 'data')
  await Promise.race([begun, gone])
  await setTimeout(Math.random() * 150)
  child.kill('SIGKILL')
  const [, signal] = (await gone) as [number | null, string | null]
  expect(signal).toBe('SIGKILL')
}

type User = { id: number; status: string; nickname: string | null; avatar: string | null }

/** The acts of one user, in order: what they come to is what the tables have to show. */
type Told = { kind: string; user_id: number; detail: string }

function read(): { users: Map<number, User>; told: Map<number, Told[]> } & Record<
  'count',
  (text: string, ...values: (number | string)[]) => number
> & { close(): void } {
  const database = new DatabaseSync(path)
  expect(database.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' })
  expect(database.prepare('pragma foreign_key_check').all()).toEqual([])
  const rows = database.prepare('select id, status, nickname, avatar from users').all()
  const told = new Map<number, Told[]>()
  const events = database.prepare('select kind, user_id, detail from events order by id').all()
  for (const each of events as Told[]) {
    told.set(each.user_id, [...(told.get(each.user_id) ?? []), each])
  }
  return {
    users: new Map((rows as User[]).map((user) => [user.id, user])),
    told,
    count: (text, ...values) => Number(database.prepare(text).get(...values)?.['n']),
    close: () => database.close(),
  }
}

/** @returns The kinds of the last acts that were found. */
function expectWhole(): Set<string> {
  const { users, told, count, close } = read()
  const lasts = new Set<string>()
  const owned = (id: number) => ({
    identities: count('select count(*) n from identities where user_id = ?', id),
    unionids: count('select count(*) n from unionids where user_id = ?', id),
    phones: count('select count(*) n from phone_indexes where user_id = ?', id),
    preferences: count('select count(*) n from preferences where user_id = ?', id),
    live: count('select count(*) n from sessions where user_id = ? and ended_at is null', id),
  })
  const nothing = { identities: 0, unionids: 0, phones: 0, preferences: 0, live: 0 }
  const erased = new Set<number>()
  for (const [id, acts] of told) {
    if (acts.at(-1)?.kind !== 'erased') continue
    const { with: merged } = JSON.parse(acts.at(-1)?.detail ?? '') as { with: number }
    erased.add(id).add(merged)
  }
  for (const [id, acts] of told) {
    const kinds = acts.map(({ kind }) => kind)
    const last = kinds.at(-1) ?? ''
    lasts.add(last)
    const user = users.get(id)
    if (erased.has(id)) {
      expect(user).toBeUndefined()
      expect(owned(id)).toEqual(nothing)
      continue
    }
    const isDeleted = last === 'deleted'
    const isMerged = last === 'merged'
    expect(user?.status).toBe(isDeleted ? 'deleted' : isMerged ? 'merged' : 'active')
    const merges = kinds.filter((kind) => kind === 'merged').length
    const undone = kinds.filter((kind) => kind === 'undone').length
    expect(count('select count(*) n from merges where from_id = ?', id)).toBe(merges)
    const isUndone = 'select count(*) n from merges where from_id = ? and undone_at is not null'
    expect(count(isUndone, id)).toBe(undone)

    const has = owned(id)
    const guests = count(
      'select count(*) n from merges where into_id = ? and undone_at is null',
      id,
    )
    const own = isMerged ? 0 : 1
    expect(has.identities).toBe(own + guests)
    expect(has.unionids).toBe(own + guests)
    // Two indexes a number; of two numbers the one of who goes is let go.
    expect(has.phones).toBe(own * 2)
    if (isMerged || isDeleted || merges > 0) expect(has.live).toBe(0)

    const profile = acts.findLast(({ kind }) => kind === 'profile')
    const shown = JSON.parse(profile?.detail ?? 'null') as Pick<User, 'nickname' | 'avatar'> | null
    if (shown) {
      expect(user?.nickname).toBe(shown.nickname)
      // A merge takes the picture along.
      expect(user?.avatar).toBe(isMerged ? null : shown.avatar)
      const holders = count('select count(*) n from users where avatar = ?', shown.avatar ?? '')
      const loose = count('select count(*) n from loose_blobs where name = ?', shown.avatar ?? '')
      expect([holders, loose]).toEqual([1, 0])
    }
  }
  // Nobody without an event, and no row of somebody who is not there.
  expect([...users.keys()].filter((id) => !told.has(id))).toEqual([])
  close()
  return lasts
}

it('[WX-9] after SIGKILL every act is done and written down, or neither', async () => {
  const lasts = new Set<string>()
  for (let round = 0; round < rounds; round++) {
    await actUntilKilled(round)
    for (const last of expectWhole()) lasts.add(last)
  }
  // Lives were cut off at different places.
  expect(lasts.size).toBeGreaterThan(4)
}, 60_000)
