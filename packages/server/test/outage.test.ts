import { setTimeout } from 'node:timers/promises'
import type { EphemeralStore } from '@kaimen/server'
import { createMemoryEphemeralStore } from '@kaimen/server/store/memory'
import { createRedisEphemeralStore } from '@kaimen/server/store/redis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { KaimenError } from '../src/errors.ts'
import { guardStore } from '../src/outage.ts'
import { testClock } from './support/clock.ts'
import { lacksRedis, startRedis } from './support/redis-server.ts'
import {
  liHua,
  openAppId,
  openWorld,
  phoneAppId,
  wangFang,
  type WorldOptions,
} from './support/world.ts'

const phone = '13800138000'

/** A store that works until it is told otherwise. */
function fickleStore(clock = testClock()) {
  const inner = createMemoryEphemeralStore(clock)
  let mood: 'works' | 'fails' | 'hangs' = 'works'
  let asked = 0
  function guard<Reply>(act: () => Promise<Reply>): Promise<Reply> {
    asked += 1
    if (mood === 'fails') return Promise.reject(new Error('the store is broken'))
    return mood === 'hangs' ? new Promise(() => {}) : act()
  }
  const store: EphemeralStore = {
    get: (key) => guard(() => inner.get(key)),
    set: (key, value, ttlMs) => guard(() => inner.set(key, value, ttlMs)),
    add: (key, value, ttlMs) => guard(() => inner.add(key, value, ttlMs)),
    take: (key) => guard(() => inner.take(key)),
    replace: (key, expected, value, ttlMs) =>
      guard(() => inner.replace(key, expected, value, ttlMs)),
    increment: (key, by, ttlMs) => guard(() => inner.increment(key, by, ttlMs)),
    close: () => inner.close(),
  }
  return {
    store,
    be: (next: typeof mood) => void (mood = next),
    asked: () => asked,
  }
}

async function openWith(options: WorldOptions) {
  const sent: string[] = []
  const world = await openWorld({
    sms: {
      kind: 'log',
      send: ({ otp }) => {
        sent.push(otp)
        return Promise.resolve('sent')
      },
      close: () => Promise.resolve(),
    },
    ...options,
  })
  onTestFinished(() => world.close())
  const signIn = async (person?: string, app_id = openAppId) =>
    world.send('POST', '/v1/sign-in/wechat', {
      json: { app_id, code: await world.wxLogin(person, app_id) },
    })
  const refresh = (refresh_token: unknown) =>
    world.send('POST', '/v1/token', { json: { grant_type: 'refresh_token', refresh_token } })
  return { ...world, sent, signInReply: signIn, refresh }
}

/** What goes on and what does not, whatever the store has. */
async function expectOutage(world: Awaited<ReturnType<typeof openWith>>, known: unknown) {
  const signedIn = await world.signInReply()
  expect(signedIn.body).toMatchObject({ status: 'signed_in', is_new_user: false })
  const stranger = await world.signInReply(wangFang)
  expect(stranger.status).toBe(200)

  const refreshed = await world.refresh(known)
  expect(refreshed.status).toBe(200)
  expect((await world.refresh(known)).body['refresh_token']).toBe(refreshed.body['refresh_token'])
  const me = await world.send('GET', '/v1/me', { token: String(refreshed.body['access_token']) })
  expect(me.status).toBe(200)

  const closed = [
    await world.send('POST', '/v1/otp', { json: { phone } }),
    await world.send('POST', '/v1/sign-in/otp', {
      json: { app_id: openAppId, phone, otp: '123456' },
    }),
    await world.send('POST', '/v1/sign-in/password', {
      json: { app_id: openAppId, phone, password: 'a password that is long' },
    }),
    await world.signInReply(liHua, phoneAppId),
    await world.send('POST', '/v1/sign-in/phone', {
      json: { ticket: `kmt_${'A'.repeat(43)}`, phone_code: 'x'.repeat(64) },
    }),
  ]
  for (const { status, body, headers } of closed) {
    expect({ status, code: body['code'] }).toEqual({ status: 503, code: 'unavailable' })
    expect(headers.get('retry-after')).toBe('1')
  }
  expect(world.sent).toEqual([])
}

const toldOf = (reports: unknown[][], text: string) =>
  reports.filter(([message]) => String(message).includes(text))

describe('[OP-2] while the ephemeral store is away', () => {
  it.skipIf(lacksRedis)(
    'WeChat sign-in and refresh go on, and what has to be counted is refused, with a redis-server that is stopped and started',
    async () => {
      const redis = await startRedis()
      onTestFinished(() => redis.close())
      const ephemeral = createRedisEphemeralStore({ url: redis.url })
      onTestFinished(() => ephemeral.close())
      const world = await openWith({ ephemeral })
      const { refresh_token } = await world.signIn()

      await redis.kill()
      await expectOutage(world, refresh_token)
      expect(toldOf(world.reports, 'store is away')).toHaveLength(1)
      expect(world.reports).toHaveLength(1)

      await redis.start()
      for (;;) {
        await setTimeout(20)
        world.clock.advance(1001)
        if ((await world.send('POST', '/v1/otp', { json: { phone } })).status === 202) break
      }
      expect(world.sent).toHaveLength(1)
      expect(toldOf(world.reports, 'answers again')).toHaveLength(1)
    },
  )

  it.each(['fails', 'hangs'] as const)(
    'the same holds for a store whose verbs do this: %s',
    async (mood) => {
      const clock = testClock()
      const { store, be, asked } = fickleStore(clock)
      const world = await openWith({ ephemeral: store, clock })
      const { refresh_token } = await world.signIn()
      be(mood)
      const before = asked()
      await expectOutage(world, refresh_token)
      // It was tried once, and then left alone: the clock stands still.
      expect(asked() - before).toBe(1)
      expect(world.reports).toHaveLength(1)
      be('works')
      clock.advance(1001)
      // Whoever comes first tries the store, with one of its questions.
      await world.send('POST', '/v1/otp', { json: { phone } })
      expect((await world.send('POST', '/v1/otp', { json: { phone } })).status).toBe(202)
    },
  )

  it('[WX-3] a code is exchanged although it cannot be claimed, and WeChat itself takes it once', async () => {
    const { store, be } = fickleStore()
    const world = await openWith({ ephemeral: store })
    be('fails')
    const json = { app_id: openAppId, code: await world.wxLogin() }
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => world.send('POST', '/v1/sign-in/wechat', { json })),
    )
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const { status, body } of replies) {
      if (status !== 200) expect(body['code']).toBe('code_used')
    }
  })

  it('[WX-3] a sign-in whose outcome cannot be written down any more is answered all the same', async () => {
    const { store, be } = fickleStore()
    const world = await openWith({
      ephemeral: { ...store, set: () => Promise.reject(new Error('the store is broken')) },
    })
    expect((await world.signInReply()).status).toBe(200)
    be('works')
  })

  it('[WX-13] WeChat’s access_token is fetched once by the process, and kept', async () => {
    const { store, be } = fickleStore()
    const world = await openWith({ ephemeral: store })
    be('fails')
    const { refresh_token: _, ...reply } = await world.signIn()
    for (let time = 0; time < 3; time++) {
      await Promise.all(
        Array.from({ length: 10 }, async () => {
          const { code } = await world.control('POST', '/emulator/wx/getPhoneNumber', {
            appid: openAppId,
            person: liHua,
          })
          const json = { app_id: openAppId, code: await world.wxLogin(), phone_code: code }
          expect((await world.send('POST', '/v1/sign-in/phone', { json })).status).toBe(200)
        }),
      )
      world.clock.advance(5000)
    }
    expect(reply.status).toBe('signed_in')
    const { calls } = await world.control('GET', '/emulator/calls')
    const fetched = (calls as { path: string }[]).filter(
      ({ path }) => path === '/cgi-bin/stable_token',
    )
    expect(fetched).toHaveLength(1)
    // Of the store, and of the token that was got without it.
    expect(world.reports.length).toBeLessThanOrEqual(2)
  })
})

describe('a store that is away', () => {
  function guarded({ patienceMs = 2000 } = {}) {
    const clock = testClock()
    const fickle = fickleStore(clock)
    const told: string[] = []
    const report = (message: string) => void told.push(message)
    return {
      ...fickle,
      clock,
      told,
      store: guardStore(fickle.store, { clock, report, patienceMs }),
    }
  }
  const refused = async (act: Promise<unknown>) => {
    const error: unknown = await act.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(KaimenError)
    expect(error).toMatchObject({ code: 'unavailable' })
  }

  it('that hangs holds up those who came first, for as long as its patience, and nobody after them', async () => {
    const { store, be, asked } = guarded({ patienceMs: 50 })
    be('hangs')
    await Promise.all(Array.from({ length: 20 }, () => refused(store.get('key'))))
    expect(asked()).toBe(20)
    await Promise.all(Array.from({ length: 1000 }, () => refused(store.get('key'))))
    expect(asked()).toBe(20)
  })

  it('is tried by one at a time, a second after each failure', async () => {
    const { store, be, asked, clock, told } = guarded({ patienceMs: 50 })
    be('hangs')
    await refused(store.get('key'))
    for (let time = 0; time < 3; time++) {
      clock.advance(1000)
      const before = asked()
      await Promise.all(Array.from({ length: 20 }, () => refused(store.get('key'))))
      expect(asked() - before).toBe(1)
    }
    be('works')
    clock.advance(999)
    await refused(store.get('key'))
    clock.advance(1)
    expect(await store.get('key')).toBeUndefined()
    expect(told).toHaveLength(2)
  })
})
