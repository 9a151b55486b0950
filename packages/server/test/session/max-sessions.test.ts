import { createAuth } from '@kaimen/server'
import { createSqlStore, openDatabase } from '@kaimen/server/store/sql'
import { seedWorld } from '@kaimen/emulator'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { testClock } from '../support/clock.ts'
import { lacksServer, makeDatabase } from '../support/databases.ts'
import {
  liHua,
  openAppId,
  openWorld,
  phoneAppId,
  testSecret,
  wangFang,
  type SignedInBody,
  type World,
  type WorldOptions,
} from '../support/world.ts'

let world: World
afterEach(async () => {
  vi.restoreAllMocks()
  await world.close()
})

const limited: NonNullable<WorldOptions['apps']> = (apps) =>
  apps.map((app) => ({
    ...app,
    registration: 'open',
    ...(app.app_id === openAppId && { session: { max_sessions: 3 } }),
  }))

const isSignedIn = async ({ access_token: token }: SignedInBody) =>
  (await world.send('GET', '/v1/me', { token })).status === 200

describe.each(['memory', 'sqlite', 'postgres'] as const)('a limit of three, on %s', (kind) => {
  async function open() {
    if (kind !== 'postgres') return (world = await openWorld({ storeKind: kind, apps: limited }))
    const database = await makeDatabase('postgres')
    onTestFinished(() => database.close())
    const clock = testClock()
    const store = createSqlStore(openDatabase(database.url, { poolSize: 8 }), clock)
    return (world = await openWorld({ clock, store, apps: limited }))
  }
  const skips = kind === 'postgres' && lacksServer.postgres

  it.skipIf(skips)(
    '[SE-7] ends the oldest with the fourth, of this app and this user',
    async () => {
      await open()
      const other = await world.signIn({ person: wangFang })
      const own = [await world.signIn()]
      const json = { app_id: phoneAppId, code: await world.wxLogin(liHua, phoneAppId) }
      const token = own[0]?.access_token ?? ''
      expect((await world.send('POST', '/v1/me/identities', { json, token })).status).toBe(200)
      const elsewhere = await world.signIn({ app_id: phoneAppId })
      expect(elsewhere.user.id).toBe(own[0]?.user.id)
      for (let n = 1; n < 5; n++) {
        world.clock.advance(1000)
        own.push(await world.signIn())
      }
      expect(await Promise.all(own.map(isSignedIn))).toEqual([false, false, true, true, true])
      expect(await Promise.all([other, elsewhere].map(isSignedIn))).toEqual([true, true])
      const ends = world.events.filter(({ kind }) => kind === 'session_ended')
      expect(ends).toEqual(
        own.slice(0, 2).map(({ session_id, user }) => ({
          kind: 'session_ended',
          session_id,
          user_id: user.id,
          reason: 'too_many',
        })),
      )
      const refresh = { grant_type: 'refresh_token', refresh_token: own[0]?.refresh_token }
      const { body } = await world.send('POST', '/v1/token', { json: refresh })
      expect(body['code']).toBe('session_ended')
    },
  )

  it.skipIf(skips)(
    '[SE-7] of twenty sign-ins at once at two nodes the three newest are left',
    async () => {
      const { store, clock, emulator } = await open()
      await world.signIn()
      const apps = seedWorld.apps.map(({ kind: of, appid: app_id, secret }) => ({
        kind: of,
        app_id,
        secret,
      }))
      const second = createAuth({
        publicUrl: 'http://kaimen.test',
        secret: testSecret,
        apps: limited(apps),
        store,
        clock,
        wechat: { baseUrl: emulator.url },
      })
      onTestFinished(() => second.close())
      const codes = await Promise.all(Array.from({ length: 20 }, () => world.wxLogin(liHua)))
      const signedIn = await Promise.all(
        codes.map(async (code, n) => {
          const json = { app_id: openAppId, code }
          if (n % 2 === 0) return (await world.send('POST', '/v1/sign-in/wechat', { json })).body
          const response = await second.handler(
            new Request('http://kaimen.test/v1/sign-in/wechat', {
              method: 'POST',
              headers: { 'content-type': 'application/json' },
              body: JSON.stringify(json),
            }),
          )
          return (await response.json()) as Record<string, unknown>
        }),
      )
      expect(new Set(signedIn.map(({ status }) => status))).toEqual(new Set(['signed_in']))
      const ids = signedIn.map(({ session_id }) => String(session_id))
      const alive: string[] = []
      for (const session of signedIn as unknown as SignedInBody[]) {
        if (await isSignedIn(session)) alive.push(session.session_id)
      }
      expect(alive.toSorted()).toEqual(ids.toSorted().slice(-3))
    },
  )
})

it('[SE-7] a sign-in stands where the others could not be ended, and the next one ends them', async () => {
  world = await openWorld({ apps: limited })
  const own: SignedInBody[] = []
  for (let n = 0; n < 3; n++) own.push(await world.signIn())
  const list = vi.spyOn(world.store, 'listSessions').mockRejectedValueOnce(new Error('away'))
  own.push(await world.signIn())
  expect(list).toHaveBeenCalledTimes(1)
  expect(world.reports.map(([message]) => message)).toEqual([
    'The sessions that are too many were not ended',
  ])
  expect(await Promise.all(own.map(isSignedIn))).toEqual([true, true, true, true])
  own.push(await world.signIn())
  expect(await Promise.all(own.map(isSignedIn))).toEqual([false, false, true, true, true])
})

it('costs nothing where there is no limit', async () => {
  world = await openWorld()
  await world.signIn()
  const list = vi.spyOn(world.store, 'listSessions')
  for (let n = 0; n < 5; n++) await world.signIn()
  expect(list).not.toHaveBeenCalled()
})
