import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEmulator, seedWorld } from '@kaimen/emulator'
import { createAuth, systemClock } from '@kaimen/server'
import { createSqlStore, openSqlite } from '@kaimen/server/store/sql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKaimen } from './support/kaimen.ts'

const [app, , , outside] = seedWorld.apps
const [liHua, wangFang] = seedWorld.people.map(({ id }) => id)

/** The ids of two people, one signed in to each of two apps. */
let one = ''
let other = ''
let env: { KAIMEN_DATA_DIR: string }

beforeAll(async () => {
  env = { KAIMEN_DATA_DIR: await mkdtemp(join(tmpdir(), 'kaimen-users-')) }
  const emulator = await createEmulator({ port: 0 })
  const store = createSqlStore(openSqlite(join(env.KAIMEN_DATA_DIR, 'kaimen.db')), systemClock)
  const auth = createAuth({
    publicUrl: 'http://kaimen.test',
    secret: 'f3a9c1e7-only-for-this-test-b2d4',
    apps: [app, outside].map(({ appid, secret }) => ({ app_id: appid, secret })),
    store,
    wechat: { baseUrl: emulator.url },
  })
  const signIn = async (person: string | undefined, appid: string) => {
    const login = await fetch(`${emulator.url}/emulator/wx/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ appid, person }),
    })
    const { code } = (await login.json()) as { code: string }
    const reply = await auth.handler(
      new Request('http://kaimen.test/v1/sign-in/wechat', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ app_id: appid, code }),
      }),
    )
    return ((await reply.json()) as { user: { id: string } }).user.id
  }
  one = await signIn(liHua, app.appid)
  other = await signIn(wangFang, outside.appid)
  await auth.close()
  await store.close()
  await emulator.close()
})
afterAll(() => rm(env.KAIMEN_DATA_DIR, { recursive: true }))

const users = (...args: string[]) => runKaimen(['users', ...args], env).ended
const rows = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('kaimen users', () => {
  it('lists what it does', async () => {
    const { code, stdout } = await users('--help')
    expect(code).toBe(0)
    for (const name of ['disable', 'restore', 'merge', 'undo-merge', 'conflicts', 'events']) {
      expect(stdout).toContain(`  ${name} `)
    }
  })

  it('disables, enables, deletes and restores a user, and says so in the audit log', async () => {
    for (const act of ['disable', 'enable', 'delete', 'restore']) {
      expect(await users(act, one)).toMatchObject({ code: 0, stderr: '' })
    }
    const { stdout } = await users('events', one)
    expect(rows(stdout).map(({ kind }) => kind)).toEqual([
      'signed_in',
      'user_status_changed',
      'user_status_changed',
      'user_deleted',
      'user_restored',
    ])
  })

  it('deletes for as many days as kaimen.config.ts has them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kaimen-users-'))
    const inFolder = (...args: string[]) => runKaimen(['users', ...args], env, folder).ended
    const config = (days: number) =>
      writeFile(join(folder, 'kaimen.config.mjs'), `export default { deletionDays: ${days} }`)
    await config(16)
    expect((await inFolder('delete', one)).stderr).toContain('0 to 15')
    await config(2)
    expect(await inFolder('delete', one)).toMatchObject({ code: 0, stderr: '' })
    const { at, detail } = rows((await inFolder('events', one)).stdout).at(-1) ?? {}
    const goneAt = Date.parse((detail as { gone_at: string }).gone_at)
    expect(Math.round((goneAt - Date.parse(String(at))) / 3_600_000)).toBe(48)
    expect((await inFolder('restore', one)).code).toBe(0)
    await rm(folder, { recursive: true })
  })

  it('merges two users, and takes it back (R12)', async () => {
    const merged = await users('merge', other, one)
    expect(merged).toMatchObject({ code: 0, stderr: '' })
    const id = /mrg_\w+/.exec(merged.stdout)?.[0] ?? ''
    expect(rows((await users('merges')).stdout)).toMatchObject([
      { id, from_id: other, into_id: one, undone_at: null },
    ])
    expect(await users('undo-merge', id)).toMatchObject({ code: 0, stdout: `${id}: undone\n` })
    expect((await users('undo-merge', id)).stderr).toContain('没有这次合并')
  })

  it('has no conflicts to tell of, and prints nothing', async () => {
    expect(await users('conflicts')).toMatchObject({ code: 0, stdout: '', stderr: '' })
  })

  it.each([
    ['disable', 'usr_00000000000'],
    ['restore', 'not an id'],
    ['dismiss', 'cnf_00000000000'],
  ])('%s %s is refused in words, and changes nothing', async (act, id) => {
    const before = (await users('events')).stdout
    const { code, stdout, stderr } = await users(act, id)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/there is no such/)
    expect(stderr).not.toContain('    at ')
    expect((await users('events')).stdout).toBe(before)
  })
})
