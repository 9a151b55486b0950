import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEmulator, seedWorld, type Emulator } from '@kaimen/emulator'
import { createAuth, systemClock, type Auth, type Store } from '@kaimen/server'
import { createSqlStore, openSqlite } from '@kaimen/server/store/sql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKaimen } from './support/kaimen.ts'

const [app] = seedWorld.apps
const [liHua] = seedWorld.people.map(({ id }) => id)

let env: { KAIMEN_DATA_DIR: string }
let emulator: Emulator
let store: Store
let auth: Auth

beforeAll(async () => {
  env = { KAIMEN_DATA_DIR: await mkdtemp(join(tmpdir(), 'kaimen-credentials-')) }
  emulator = await createEmulator({ port: 0 })
  store = createSqlStore(openSqlite(join(env.KAIMEN_DATA_DIR, 'kaimen.db')), systemClock)
  auth = createAuth({
    publicUrl: 'http://kaimen.test',
    secret: 'f3a9c1e7-only-for-this-test-b2d4',
    apps: [{ app_id: app.appid, secret: app.secret }],
    store,
    wechat: { baseUrl: emulator.url },
  })
})
afterAll(async () => {
  await auth.close()
  await store.close()
  await emulator.close()
  await rm(env.KAIMEN_DATA_DIR, { recursive: true })
})

const kaimen = (...args: string[]) => runKaimen(args, env).ended
const credentials = (...args: string[]) => kaimen('credentials', ...args)

const send = (method: string, path: string, token?: string, json?: unknown) =>
  auth.handler(
    new Request(`http://kaimen.test${path}`, {
      method,
      headers: {
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    }),
  )
const statusOf = async (secret: string) =>
  (await send('POST', '/v1/introspect', secret, { token: 'x' })).status

async function signIn() {
  const login = await fetch(`${emulator.url}/emulator/wx/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ appid: app.appid, person: liHua }),
  })
  const { code } = (await login.json()) as { code: string }
  const reply = await send('POST', '/v1/sign-in/wechat', undefined, { code })
  return (await reply.json()) as { access_token: string; user: { id: string } }
}

describe('kaimen credentials', () => {
  it('makes, rotates and ends one beside a server that runs; stdout is the secret alone', async () => {
    const made = await credentials('create', '商城', '--scopes', 'introspect,users:phone')
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^kmc_[\w-]{54}\n$/) })
    const first = made.stdout.trim()
    const id = /crd_\w+/.exec(made.stderr)?.[0] ?? ''
    expect(made.stderr).not.toContain(first.slice(4))
    expect(await statusOf(first)).toBe(200)

    const rotated = await credentials('rotate', id, '--overlap-hours', '1')
    expect(rotated).toMatchObject({ code: 0, stdout: expect.stringMatching(/^kmc_[\w-]{54}\n$/) })
    const second = rotated.stdout.trim()
    expect([await statusOf(first), await statusOf(second)]).toEqual([200, 200])

    const listed = await credentials('list')
    expect(listed).toMatchObject({ code: 0, stderr: '' })
    expect(listed.stdout).not.toContain('kmc_')
    expect(JSON.parse(listed.stdout)).toMatchObject({
      id,
      name: '商城',
      scopes: ['introspect', 'users:phone'],
      ended_at: null,
    })

    expect(await credentials('end', id, '--previous')).toMatchObject({ code: 0, stdout: '' })
    await expect.poll(() => statusOf(first), { timeout: 5000 }).toBe(401)
    expect(await statusOf(second)).toBe(200)
    expect(await credentials('end', id)).toMatchObject({ code: 0, stdout: '' })
    await expect.poll(() => statusOf(second), { timeout: 5000 }).toBe(401)
  })

  it.each([
    [['create', 'x', '--scopes', 'everything'], '--scopes'],
    [['create', 'x', '--scopes', ','], '--scopes'],
    [['create', 'x', '--scopes', 'users', '--expires-days', '0'], '--expires-days'],
    [['create', 'x', '--scopes', 'users', '--expires-days', 'soon'], '--expires-days'],
    [['create', '', '--scopes', 'users'], 'name'],
    [['rotate', 'crd_00000000001'], 'crd_00000000001'],
    [['rotate', 'crd_00000000001', '--overlap-hours', '721'], '--overlap-hours'],
    [['end', 'kmc_not-an-id$'], '(…)'],
  ])('refuses %j, and says why', async (args, named) => {
    const { code, stdout, stderr } = await credentials(...args)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(named)
  })
})

describe('kaimen sessions end', () => {
  const configured = { KAIMEN_APPID: app.appid, KAIMEN_APP_SECRET: app.secret }
  const end = (...args: string[]) =>
    runKaimen(['sessions', 'end', ...args], { ...env, ...configured }).ended
  const isIn = async ({ access_token }: { access_token: string }) =>
    (await send('GET', '/v1/me', access_token)).status === 200

  it('asks first, and does nothing where nobody can be asked', async () => {
    const me = await signIn()
    const { code, stderr } = await end('--user', me.user.id)
    expect(code).toBe(1)
    expect(stderr).toContain('--yes')
    expect(await isIn(me)).toBe(true)
  })

  it('signs out one user, an app, or everybody', async () => {
    for (const whose of [['--user'], ['--app', app.appid], ['--all']]) {
      // What begins within the second of a cutoff is cut as well.
      await new Promise((resolve) => setTimeout(resolve, 1100))
      const me = await signIn()
      expect(await isIn(me)).toBe(true)
      const args = whose[0] === '--user' ? ['--user', me.user.id] : whose
      expect(await end(...args, '--yes')).toMatchObject({ code: 0, stderr: '' })
      expect(await isIn(me)).toBe(false)
    }
  })

  it.each([[[]], [['--user', 'usr_x', '--all']], [['--app', '']]])(
    'refuses %j: whose is not clear',
    async (args) => {
      const { code, stderr } = await end(...args, '--yes')
      expect(code).toBe(1)
      expect(stderr).toContain('--user, --app or --all')
    },
  )

  it('refuses an app that is not configured: a typo would sign nobody out, unnoticed', async () => {
    const me = await signIn()
    for (const app_id of [`${app.appid}0`, app.appid.toUpperCase()]) {
      const { code, stdout, stderr } = await end('--app', app_id, '--yes')
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toContain(`The app ${app_id} is none of the 1 that are configured here`)
    }
    const { code, stderr } = await kaimen('sessions', 'end', '--app', app.appid, '--yes')
    expect(code).toBe(1)
    expect(stderr).toContain('none of the 0 that are configured')
    expect(await isIn(me)).toBe(true)
  })

  it('says that there is nobody to sign out', async () => {
    const { code, stderr } = await end('--user', 'usr_00000000001', '--yes')
    expect(code).toBe(1)
    expect(stderr).toContain('usr_00000000001')
  })
})
