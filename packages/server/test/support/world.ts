import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEmulator, seedWorld, type Emulator } from '@kaimen/emulator'
import {
  createAuth,
  type Auth,
  type AuthEvent,
  type AppOptions,
  type AuthOptions,
  type Store,
} from '@kaimen/server'
import { createMemoryStore } from '@kaimen/server/store/memory'
import { createSqlEphemeralStore, createSqlStore, openSqlite } from '@kaimen/server/store/sql'
import { testClock, type TestClock } from './clock.ts'

const [openApp, , , phoneApp] = seedWorld.apps

/** The mini program of the seeded world that anybody may register with. */
export const openAppId = openApp.appid
/** The one that wants a phone, and is outside the Open Platform account. */
export const phoneAppId = phoneApp.appid
/** The people of the seeded world. */
export const [liHua, wangFang] = seedWorld.people.map(({ id }) => id) as [string, string, string]

export const testSecret = randomBytes(32).toString('base64url')

export type World = {
  readonly auth: Auth
  readonly store: Store
  /** The database file, where there is one. */
  readonly path: string | undefined
  readonly clock: TestClock
  readonly emulator: Emulator
  readonly events: AuthEvent[]
  readonly reports: unknown[][]
  /** Sends a request to the handler. A `json` body is sent as such. */
  send(method: string, path: string, options?: SendOptions): Promise<Reply>
  /** What wx.login gives this person. */
  wxLogin(person?: string, appid?: string): Promise<string>
  /** Signs a person in, and fails the test when that does not work. */
  signIn(options?: SignInOptions): Promise<SignedInBody>
  /** Calls the emulator's control surface. */
  control(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>
  /** How often WeChat was asked to exchange a code. */
  exchanges(): Promise<number>
  close(): Promise<void>
}

export type SendOptions = {
  json?: unknown
  body?: string | Uint8Array
  headers?: Record<string, string>
  token?: string
  /** The other end of the connection. */
  address?: string
}

export type Reply = {
  status: number
  headers: Headers
  text: string
  // Replies are checked by the tests, field by field.
  body: Record<string, unknown>
}

type SignInOptions = { person?: string; app_id?: string; device?: object }

export type SignedInBody = {
  status: string
  access_token: string
  refresh_token: string
  session_id: string
  expires_in: number
  refresh_expires_in: number
  is_new_user: boolean
  user: { id: string; phone: string | null; created_at: string }
}

export type StoreKind = 'memory' | 'sqlite'

export type WorldOptions = Partial<Omit<AuthOptions, 'apps' | 'clock'>> & {
  clock?: TestClock
  storeKind?: StoreKind
  /** The database file; by default one that goes with the world. */
  path?: string
  sharedEphemeral?: boolean
  sharedClock?: boolean
  /** Changes the apps of the seeded world. */
  apps?: (seeded: readonly AppOptions[]) => readonly AppOptions[]
}

/**
 * A server before a real emulator of WeChat. Nothing of it is a mock.
 *
 * @param options.wechat Joins the address of the emulator, and takes its place only by a `baseUrl`.
 * @param options.sharedEphemeral Keeps what lives for minutes in the database file too.
 * @param options.sharedClock WeChat goes by the clock of the server, as it has to where it signs
 *   times.
 */
export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const { storeKind = 'memory', path, sharedEphemeral = false, wechat, ...rest } = options
  const { apps = (seeded) => seeded, sharedClock = false, ...others } = rest
  const { clock = testClock(), web, ...authOptions } = others
  const emulator = await createEmulator({ port: 0, ...(sharedClock && { now: clock.now }) })
  const folder = path ? undefined : await mkdtemp(join(tmpdir(), 'kaimen-test-'))
  const file = storeKind === 'sqlite' ? (path ?? join(folder ?? '', 'kaimen.db')) : undefined
  const database = file === undefined || authOptions.store ? undefined : openSqlite(file)
  const store =
    authOptions.store ?? (database ? createSqlStore(database, clock) : createMemoryStore(clock))
  const events: AuthEvent[] = []
  const reports: unknown[][] = []
  const auth = createAuth({
    publicUrl: 'http://kaimen.test',
    secret: testSecret,
    apps: apps(
      seedWorld.apps.map(({ kind, appid, secret, open_platform }) => ({
        kind,
        app_id: appid,
        secret,
        open_platform,
        registration: appid === phoneAppId ? 'phone' : 'open',
      })),
    ),
    store,
    clock,
    wechat: { baseUrl: emulator.url, ...wechat },
    web: { openUrl: emulator.url, ...web },
    ...(sharedEphemeral && database && { ephemeral: createSqlEphemeralStore(database, clock) }),
    on: (event) => void events.push(event),
    report: (...report) => void reports.push(report),
    ...authOptions,
  })

  const world: World = {
    auth,
    store,
    path: database && file,
    clock,
    emulator,
    events,
    reports,
    async send(method, path, { json, body, headers = {}, token, address } = {}) {
      const content = json === undefined ? body : JSON.stringify(json)
      const response = await auth.handler(
        new Request(`http://kaimen.test${path}`, {
          method,
          headers: {
            ...(json !== undefined && { 'content-type': 'application/json' }),
            ...(token !== undefined && { authorization: `Bearer ${token}` }),
            ...headers,
          },
          ...(content !== undefined && { body: content }),
        }),
        { address },
      )
      const text = await response.text()
      return { status: response.status, headers: response.headers, text, body: parse(text) }
    },
    async wxLogin(person = liHua, appid = openAppId) {
      const { code } = await world.control('POST', '/emulator/wx/login', { appid, person })
      return String(code)
    },
    async signIn({ person = liHua, app_id = openAppId, device } = {}) {
      const code = await world.wxLogin(person, app_id)
      const reply = await world.send('POST', '/v1/sign-in/wechat', {
        json: { app_id, code, ...(device && { device }) },
      })
      if (reply.body['status'] !== 'signed_in') throw new Error(`not signed in: ${reply.text}`)
      return reply.body as SignedInBody
    },
    async control(method, path, body) {
      const response = await fetch(emulator.url + path, {
        method,
        ...(body !== undefined && {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      })
      const reply = parse(await response.text())
      if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(reply)}`)
      return reply
    },
    async exchanges() {
      const { calls } = await world.control('GET', '/emulator/calls')
      return (calls as { path: string }[]).filter(({ path }) => path === '/sns/jscode2session')
        .length
    },
    async close() {
      await auth.close()
      await store.close()
      await emulator.close()
      if (folder) await rm(folder, { recursive: true, force: true })
    },
  }
  return world
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
