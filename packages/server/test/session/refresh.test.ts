import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '@kaimen/server'
import { createMemoryStore } from '@kaimen/server/store/memory'
import { parseId } from '../../src/id.ts'
import { testClock } from '../support/clock.ts'
import {
  openAppId,
  openWorld,
  phoneAppId,
  type Reply,
  type SignedInBody,
  type StoreKind,
  type World,
} from '../support/world.ts'

const secondMs = 1000
const dayMs = 24 * 60 * 60 * secondMs

describe.each<StoreKind>(['memory', 'sqlite'])('refreshing, on %s', (storeKind) => {
  let world: World
  let first: SignedInBody
  beforeEach(async () => {
    world = await openWorld({ storeKind })
    first = await world.signIn()
  })
  afterEach(() => world.close())

  const refresh = (refresh_token: string, more: object = {}) =>
    world.send('POST', '/v1/token', {
      json: { grant_type: 'refresh_token', refresh_token, ...more },
    })
  const successor = async (token: string) => {
    const reply = await refresh(token)
    if (reply.status !== 200) throw new Error(reply.text)
    return String(reply.body['refresh_token'])
  }
  const me = (token: unknown) => world.send('GET', '/v1/me', { token: String(token) })
  const summary = ({ status, body }: Reply) => [status, body['code'] ?? 'ok']

  it('[RT-1] gives a new pair, in which everything is new but the session', async () => {
    world.clock.advance(60 * secondMs)
    const { status, body, headers } = await refresh(first.refresh_token)
    expect(status).toBe(200)
    expect(Object.keys(body).sort()).toEqual([
      'access_token',
      'expires_in',
      'refresh_expires_in',
      'refresh_token',
      'session_id',
      'token_type',
    ])
    expect(body).toMatchObject({
      token_type: 'Bearer',
      expires_in: 900,
      session_id: first.session_id,
    })
    expect(body['refresh_token']).not.toBe(first.refresh_token)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(summary(await me(body['access_token']))).toEqual([200, 'ok'])
  })

  it('[RT-1] refuses the old token once its successor was used and the grace is over', async () => {
    await successor(await successor(first.refresh_token))
    world.clock.advance(31 * secondMs)
    expect(summary(await refresh(first.refresh_token))).toEqual([401, 'refresh_reused'])
  })

  it('[RT-3] a hundred at once get the identical successor, the generation moves by one, nobody is signed out', async () => {
    const replies = await Promise.all(
      Array.from({ length: 100 }, () => refresh(first.refresh_token)),
    )
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]))
    const successors = new Set(replies.map(({ body }) => String(body['refresh_token'])))
    expect(successors.size).toBe(1)
    for (const { body } of replies) expect((await me(body['access_token'])).status).toBe(200)
    const [next = ''] = successors
    // The successor is of the next generation exactly: its own successor is fresh.
    expect(summary(await refresh(next))).toEqual([200, 'ok'])
  })

  it('[RT-3] a lost reply is asked for again within the grace, and is the same', async () => {
    const lost = await successor(first.refresh_token)
    world.clock.advance(30 * secondMs)
    expect(await successor(first.refresh_token)).toBe(lost)
  })

  it('[RT-2] reuse ends that session, and no other of the person', async () => {
    const other = await world.signIn()
    const newest = await refresh(await successor(first.refresh_token))
    expect(summary(await refresh(first.refresh_token))).toEqual([401, 'refresh_reused'])
    expect(summary(await refresh(String(newest.body['refresh_token'])))).toEqual([
      401,
      'session_ended',
    ])
    expect(summary(await me(newest.body['access_token']))).toEqual([401, 'session_ended'])
    expect((await me(other.access_token)).status).toBe(200)
    expect((await refresh(other.refresh_token)).status).toBe(200)
    expect(world.events).toContainEqual({
      kind: 'session_ended',
      user_id: first.user.id,
      session_id: first.session_id,
      reason: 'reused',
    })
  })

  it('[RT-2] reuse of a token many generations old ends the session too', async () => {
    let token = first.refresh_token
    for (let i = 0; i < 5; i++) token = await successor(token)
    expect(summary(await refresh(first.refresh_token))).toEqual([401, 'refresh_reused'])
    expect(summary(await refresh(token))).toEqual([401, 'session_ended'])
  })

  it('[RT-4] the grace closes at the first use of the successor', async () => {
    await successor(await successor(first.refresh_token))
    expect(summary(await refresh(first.refresh_token))).toEqual([401, 'refresh_reused'])
  })

  it('[RT-4] a used token that comes late is refused, and the session lives on', async () => {
    const next = await successor(first.refresh_token)
    world.clock.advance(31 * secondMs)
    expect(summary(await refresh(first.refresh_token))).toEqual([401, 'refresh_reused'])
    expect(summary(await refresh(next))).toEqual([200, 'ok'])
  })

  it('[RT-4] a replay never extends the session', async () => {
    const { body } = await refresh(first.refresh_token)
    world.clock.advance(20 * secondMs)
    const replay = await refresh(first.refresh_token)
    expect(replay.body['refresh_expires_in']).toBe(Number(body['refresh_expires_in']) - 20)
  })

  it('[RT-4] too many replays are refused, and nothing is revoked', async () => {
    const next = await successor(first.refresh_token)
    let reply = await refresh(first.refresh_token)
    for (let i = 0; i < 600 && reply.status === 200; i++) reply = await refresh(first.refresh_token)
    expect(summary(reply)).toEqual([429, 'rate_limited'])
    expect(reply.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(summary(await refresh(next))).toEqual([200, 'ok'])
  })

  it('[RT-5] a token of another app is refused and tells nothing', async () => {
    const other = await refresh(first.refresh_token, { client_id: phoneAppId })
    const garbage = await refresh('kmr_garbage')
    expect(summary(other)).toEqual([401, 'token_invalid'])
    expect(other.text).toBe(garbage.text)
    expect(summary(await refresh(first.refresh_token, { client_id: openAppId }))).toEqual([
      200,
      'ok',
    ])
  })

  it('[RT-7] sign-out ends both tokens, by either of them', async () => {
    const second = await world.signIn()
    for (const [{ refresh_token, access_token }, token] of [
      [first, first.refresh_token],
      [second, second.access_token],
    ] as const) {
      const reply = await world.send('POST', '/v1/revoke', { json: { token } })
      expect([reply.status, reply.body]).toEqual([200, {}])
      expect(summary(await refresh(refresh_token))).toEqual([401, 'session_ended'])
      expect(summary(await me(access_token))).toEqual([401, 'session_ended'])
    }
  })

  it('[OA-2] signing out with an unknown token, or twice, is answered alike', async () => {
    for (const token of ['nonsense', first.refresh_token, first.refresh_token]) {
      const reply = await world.send('POST', '/v1/revoke', {
        body: `token=${token}`,
        headers: form,
      })
      expect([reply.status, reply.body]).toEqual([200, {}])
    }
    expect(world.events.filter(({ kind }) => kind === 'session_ended')).toHaveLength(1)
  })

  it('[SE-4] a session ends after 30 days without use, to the second', async () => {
    world.clock.advance(30 * dayMs - 1)
    const next = await successor(first.refresh_token)
    world.clock.advance(30 * dayMs)
    expect(summary(await refresh(next))).toEqual([401, 'session_ended'])
  })

  it('[SE-4] a session ends at 180 days, however much it is used, and so do its tokens', async () => {
    let token = first.refresh_token
    for (let month = 0; month < 7; month++) {
      world.clock.advance(25 * dayMs)
      token = await successor(token)
    }
    world.clock.advance(5 * dayMs - 60 * secondMs)
    const { body } = await refresh(token)
    expect(body).toMatchObject({ expires_in: 60, refresh_expires_in: 60 })
    world.clock.advance(60 * secondMs)
    expect(summary(await refresh(String(body['refresh_token'])))).toEqual([401, 'session_ended'])
    expect((await me(body['access_token'])).status).toBe(401)
  })

  it('[SE-4] an app may set its own limits', async () => {
    await world.close()
    world = await openWorld({
      storeKind,
      apps: (seeded) =>
        seeded.map((app) => ({
          ...app,
          session: { idle_seconds: 100, absolute_seconds: 150, refresh_grace_seconds: 0 },
        })),
    })
    const { refresh_token, refresh_expires_in } = await world.signIn()
    expect(refresh_expires_in).toBe(100)
    world.clock.advance(99 * secondMs)
    const next = await refresh(refresh_token)
    expect(next.body['refresh_expires_in']).toBe(51)
    world.clock.advance(1)
    expect(summary(await refresh(refresh_token))).toEqual([401, 'refresh_reused'])
    world.clock.advance(51 * secondMs)
    expect(summary(await refresh(String(next.body['refresh_token'])))).toEqual([
      401,
      'session_ended',
    ])
  })
})

const form = { 'content-type': 'application/x-www-form-urlencoded' }

describe('a refresh that meets a revocation', () => {
  /** Holds `findSession` between its read and its answer, so that something else can happen there. */
  function holdReads(store: Store) {
    let hold: Promise<void> | undefined
    const held: Store = {
      ...store,
      async findSession(id) {
        const found = await store.findSession(id)
        await hold
        return found
      },
    }
    return {
      held,
      pause() {
        let go = () => {}
        hold = new Promise((resolve) => (go = resolve))
        return () => {
          hold = undefined
          go()
        }
      },
    }
  }

  it.each(['sign-out', 'disable'])(
    '[SE-8] after its read never brings the session back: %s',
    async (how) => {
      const store = createMemoryStore(testClock())
      const { held, pause } = holdReads(store)
      // Who is asked for claims is told of whom, so there is a read.
      const world = await openWorld({ store: held, claims: () => ({}) })
      try {
        const { refresh_token, session_id, user } = await world.signIn()
        const go = pause()
        const refreshing = world.send('POST', '/v1/token', {
          json: { grant_type: 'refresh_token', refresh_token },
        })
        await new Promise((resolve) => setTimeout(resolve, 10))
        const id = parseId('ses', session_id) ?? 0
        if (how === 'disable') await world.auth.users.disable(user.id)
        else await store.endSession({ id, now_ms: world.clock.now(), reason: 'signed_out' })
        go()
        const reply = await refreshing
        expect(reply.body['code']).toBe(how === 'disable' ? 'user_disabled' : 'session_ended')
        expect(reply.text).not.toContain('kmr_')
      } finally {
        await world.close()
      }
    },
  )
})

describe('malformed refresh tokens', () => {
  it('[RT-6] are refused before any read: 10,000 of them touch no store', async () => {
    let reads = 0
    const store = createMemoryStore(testClock())
    const world = await openWorld({
      store: {
        ...store,
        findSession: (id) => {
          reads++
          return store.findSession(id)
        },
        rotateSession: (write) => {
          reads++
          return store.rotateSession(write)
        },
      },
    })
    try {
      const { refresh_token } = await world.signIn()
      reads = 0
      const mutated = fc
        .tuple(fc.nat(refresh_token.length - 5), fc.integer({ min: 33, max: 126 }))
        .map(([at, code]) => {
          const index = at + 4
          return (
            refresh_token.slice(0, index) +
            String.fromCharCode(code) +
            refresh_token.slice(index + 1)
          )
        })
        .filter((text) => text !== refresh_token)
      const tokens = fc.sample(
        fc.oneof(
          mutated,
          fc.base64String({ minLength: 1, maxLength: 200 }).map((t) => `kmr_${t}`),
        ),
        10_000,
      )
      for (const token of tokens) {
        const { body } = await world.send('POST', '/v1/token', {
          json: { grant_type: 'refresh_token', refresh_token: token },
        })
        expect(['token_invalid', 'body_invalid']).toContain(body['code'])
      }
      expect(reads).toBe(0)
    } finally {
      await world.close()
    }
  })

  it('[SE-2] nothing that the database holds opens anything', async () => {
    const world = await openWorld({ storeKind: 'sqlite' })
    try {
      const { refresh_token } = await world.signIn()
      await world.send('POST', '/v1/token', {
        json: { grant_type: 'refresh_token', refresh_token },
      })
      const values = everythingIn(world.path ?? '')
      expect(values.length).toBeGreaterThan(20)
      for (const value of values) {
        for (const token of [value, `kmr_${value}`, `Bearer ${value}`]) {
          const refreshed = await world.send('POST', '/v1/token', {
            body: new URLSearchParams({
              grant_type: 'refresh_token',
              refresh_token: token,
            }).toString(),
            headers: form,
          })
          expect(refreshed.status).toBeGreaterThanOrEqual(400)
        }
        const token = encodeURIComponent(value)
        expect((await world.send('GET', '/v1/me', { token })).status).toBe(401)
      }
    } finally {
      await world.close()
    }
  })
})

/** Every value of every row of every table, as text. */
function everythingIn(path: string): string[] {
  const database = new DatabaseSync(path, { readOnly: true })
  const tables = database.prepare("select name from sqlite_master where type = 'table'").all()
  const values = tables.flatMap(({ name }) =>
    database
      .prepare(`select * from "${String(name)}"`)
      .all()
      .flatMap((row) => Object.values(row))
      .flatMap((value) =>
        value instanceof Uint8Array
          ? [Buffer.from(value).toString('base64url'), Buffer.from(value).toString('hex')]
          : [String(value)],
      ),
  )
  database.close()
  return values
}

describe('random histories of one session', () => {
  type Step =
    | { do: 'refresh'; back: number; times: number }
    | { do: 'wait'; seconds: number }
    | { do: 'sign out' }
    | { do: 'disable and enable' }

  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('refresh' as const),
        back: fc.constantFrom(0, 0, 0, 1, 1, 2, 3),
        times: fc.integer({ min: 1, max: 4 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('wait' as const),
        seconds: fc.constantFrom(1, 29, 30, 31, 86_400, 20 * 86_400, 30 * 86_400),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom<Step>({ do: 'sign out' }, { do: 'disable and enable' }),
    },
  )

  it('[RT-1] [RT-2] [RT-3] [RT-4] [SE-4] [SE-8] keep the rules of rotation', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
        const world = await openWorld()
        try {
          const { refresh_token, user } = await world.signIn()
          const tokens = [refresh_token]
          const began = world.clock.now()
          const model = { rotatedAt: began, idleUntil: began + 30 * dayMs, alive: true }

          for (const next of steps) {
            const now = world.clock.now()
            if (now >= model.idleUntil || now >= began + 180 * dayMs) model.alive = false
            if (next.do === 'wait') {
              world.clock.advance(next.seconds * secondMs)
            } else if (next.do === 'sign out') {
              await world.send('POST', '/v1/revoke', { json: { token: tokens.at(-1) } })
              model.alive = false
            } else if (next.do === 'disable and enable') {
              await world.auth.users.disable(user.id)
              await world.auth.users.enable(user.id)
              model.alive = false
            } else {
              const at = Math.max(0, tokens.length - 1 - next.back)
              const age = tokens.length - 1 - at
              const replies = await Promise.all(
                Array.from({ length: next.times }, () =>
                  world.send('POST', '/v1/token', {
                    json: { grant_type: 'refresh_token', refresh_token: tokens[at] },
                  }),
                ),
              )
              const codes = new Set(replies.map(({ body }) => body['code'] ?? 'ok'))
              const successors = new Set(replies.map(({ body }) => body['refresh_token']))
              if (!model.alive) {
                expect(codes).toEqual(new Set(['session_ended']))
              } else if (age === 0) {
                expect(codes).toEqual(new Set(['ok']))
                expect(successors.size).toBe(1)
                tokens.push(String([...successors][0]))
                model.rotatedAt = now
                model.idleUntil = now + 30 * dayMs
              } else if (age === 1 && now - model.rotatedAt <= 30 * secondMs) {
                expect(codes).toEqual(new Set(['ok']))
                expect(successors).toEqual(new Set([tokens.at(-1)]))
              } else if (age === 1) {
                expect(codes).toEqual(new Set(['refresh_reused']))
              } else {
                expect(
                  [...codes].every((c) => c === 'refresh_reused' || c === 'session_ended'),
                ).toBe(true)
                expect(codes).toContain('refresh_reused')
                model.alive = false
              }
            }
          }
        } finally {
          await world.close()
        }
      }),
      { numRuns: 60 },
    )
  }, 60_000)
})
