import { createAuth, systemClock, type Auth } from '@kaimen/server'
import { seedWorld } from '@kaimen/emulator'
import { listen } from '@kaimen/server/node'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { parseId } from '../src/id.ts'
import { expectProblem } from './support/problem.ts'
import {
  openAppId,
  openWorld,
  phoneAppId,
  testSecret,
  wangFang,
  type SignedInBody,
  type StoreKind,
  type World,
} from './support/world.ts'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

type Page = {
  revocations: { session_id: string; at: string }[]
  cutoffs: { app_id: string | null; at: string }[]
  cursor: string
}

async function openFeed(world: World) {
  const scopes = ['revocations', 'introspect'] as const
  const { secret } = await world.auth.credentials.create({ name: 'verifier', scopes })
  const token = secret.reveal()
  return {
    async page(after?: string, wait = 0) {
      const query = new URLSearchParams({ ...(after && { after }), wait: String(wait) })
      const reply = await world.send('GET', `/v1/revocations?${query.toString()}`, { token })
      expect([reply.status, reply.headers.get('cache-control')]).toEqual([200, 'no-store'])
      return reply.body as unknown as Page
    },
    ask: (path: string) => world.send('GET', path, { token }),
    introspect: (text: string) =>
      world.send('POST', '/v1/introspect', { json: { token: text }, token }),
  }
}

describe.each<StoreKind>(['memory', 'sqlite'])('GET /v1/revocations, on %s', (storeKind) => {
  let world: World
  let feed: Awaited<ReturnType<typeof openFeed>>
  beforeEach(async () => {
    world = await openWorld({ storeKind })
    feed = await openFeed(world)
  })
  afterEach(() => world.close())

  it('names the sessions that ended, and when', async () => {
    const me = await world.signIn()
    const { cursor, revocations } = await feed.page()
    expect(revocations).toEqual([])
    await world.send('POST', '/v1/revoke', { json: { token: me.refresh_token } })
    world.clock.advance(2000)
    const at = '2026-01-15T08:00:00.000Z'
    const told = [{ session_id: me.session_id, at }]
    expect(await feed.page(cursor)).toMatchObject({ revocations: told, cutoffs: [] })
    expect(await feed.page()).toMatchObject({ revocations: told })
  })

  it.each(['?wait=26', '?wait=-1', '?wait=1.5', '?wait=x', '?wait=', '?after=nonsense', '?after='])(
    'is refused with %s',
    async (query) => {
      expectProblem(await feed.ask(`/v1/revocations${query}`), 'body_invalid')
    },
  )

  it('[OP-2] ends every wait when the server drains', async () => {
    const { cursor } = await feed.page()
    const waiting = feed.page(cursor, 25)
    await new Promise((resolve) => setTimeout(resolve, 50))
    world.auth.drain()
    expect(await waiting).toMatchObject({ revocations: [] })
  })

  it('[OP-2] holds up no server that stops', async () => {
    const server = await listen(world.auth, { port: 0 })
    const { secret } = await world.auth.credentials.create({ name: 'v', scopes: ['revocations'] })
    const headers = { authorization: `Bearer ${secret.reveal()}` }
    const { cursor } = await feed.page()
    const waiting = fetch(`${server.url}/v1/revocations?after=${cursor}`, { headers })
    await new Promise((resolve) => setTimeout(resolve, 300))
    const begun = Date.now()
    await server.close()
    expect(Date.now() - begun).toBeLessThan(5000)
    expect((await waiting).status).toBe(200)
  })

  it('[RT-7] tells of whoever WeChat closes, also where tidying follows in the same moment', async () => {
    const me = await world.signIn()
    const { cursor } = await feed.page()
    const id = parseId('usr', me.user.id) ?? 0
    const now_ms = world.clock.now()
    // As the push of a closed account does: gone at once.
    await world.store.deleteUser({ id, now_ms, gone_at: now_ms })
    await world.auth.tidy()
    world.clock.advance(2000)
    expect(await feed.page(cursor)).toMatchObject({
      revocations: [{ session_id: me.session_id }],
    })
    world.clock.advance(30 * minuteMs)
    await world.auth.tidy()
    expect(await world.store.findUser(id)).toBeUndefined()
  })
})

describe.each<StoreKind>(['memory', 'sqlite'])('ending all sessions, on %s', (storeKind) => {
  let world: World
  let feed: Awaited<ReturnType<typeof openFeed>>
  let me: SignedInBody
  let elsewhere: SignedInBody
  let other: SignedInBody
  beforeEach(async () => {
    world = await openWorld({
      storeKind,
      apps: (seeded) => seeded.map((app) => ({ ...app, registration: 'open' })),
    })
    feed = await openFeed(world)
    me = await world.signIn()
    elsewhere = await world.signIn({ app_id: phoneAppId })
    other = await world.signIn({ person: wangFang })
  })
  afterEach(async () => {
    vi.restoreAllMocks()
    await world.close()
  })

  const refresh = ({ refresh_token }: SignedInBody) =>
    world.send('POST', '/v1/token', {
      json: { grant_type: 'refresh_token', refresh_token },
    })
  const ways = {
    me: async (who: SignedInBody) =>
      (await world.send('GET', '/v1/me', { token: who.access_token })).status === 200,
    introspect: async (who: SignedInBody) =>
      (await feed.introspect(who.access_token)).body['active'] === true,
    introspectRefresh: async (who: SignedInBody) =>
      (await feed.introspect(who.refresh_token)).body['active'] === true,
    list: async (who: SignedInBody) => {
      const id = parseId('usr', who.user.id) ?? 0
      const found = await world.store.listSessions({ user_id: id, now_ms: world.clock.now() })
      return found.some((session) => session.id === parseId('ses', who.session_id))
    },
    refresh: async (who: SignedInBody) => (await refresh(who)).status === 200,
  }
  async function expectAlive(who: SignedInBody, isAlive: boolean) {
    for (const [way, counts] of Object.entries(ways)) {
      expect([way, await counts(who)]).toEqual([way, isAlive])
    }
  }

  it('[SE-6] of a user ends theirs, and nobody else’s', async () => {
    const { cursor } = await feed.page()
    const second = await world.signIn()
    expect(await world.auth.sessions.endAll({ user_id: me.user.id })).toBe('ended')
    for (const who of [me, second]) await expectAlive(who, false)
    await expectAlive(other, true)
    world.clock.advance(2000)
    const page = await feed.page(cursor)
    expect(new Set(page.revocations.map(({ session_id }) => session_id))).toEqual(
      new Set([me.session_id, second.session_id]),
    )
    expect(page.cutoffs).toEqual([])
    for (const id of [me.user.id, 'usr_00000000000', 'nonsense']) {
      expect(await world.auth.sessions.endAll({ user_id: id })).toBe('not_found')
    }
  })

  it('[SE-6] of an app ends all of it at once, in one small write, and leaves the others', async () => {
    const { cursor } = await feed.page()
    expect(await world.auth.sessions.endAll({ app_id: openAppId })).toBe('ended')
    for (const who of [me, other]) await expectAlive(who, false)
    await expectAlive(elsewhere, true)
    world.clock.advance(2000)
    const { revocations, cutoffs } = await feed.page(cursor)
    const at = '2026-01-15T08:00:01.000Z'
    expect({ revocations, cutoffs }).toEqual({
      revocations: [],
      cutoffs: [{ app_id: openAppId, at }],
    })
    await expectAlive(await world.signIn(), true)
  })

  it('[SE-6] of everybody has to be said, and ends all', async () => {
    for (const wrong of [{}, { all: false }, { app_id: '' }]) {
      await expect(world.auth.sessions.endAll(wrong as { all: true })).rejects.toThrow('endAll')
    }
    await expectAlive({ ...me }, true)
    expect(await world.auth.sessions.endAll({ all: true })).toBe('ended')
    for (const who of [elsewhere, other]) await expectAlive(who, false)
    expect((await feed.page()).cutoffs).toEqual([{ app_id: null, at: '2026-01-15T08:00:01.000Z' }])
  })

  it('is told so that a verifier knows by the token alone, a refreshed one included', async () => {
    world.clock.advance(10 * minuteMs)
    const refreshed = { ...me, ...(await refresh(me)).body }
    world.clock.advance(700)
    const late = await world.signIn({ person: wangFang })
    await world.auth.sessions.endAll({ app_id: openAppId })
    world.clock.advance(300)
    const young = await world.signIn({ person: wangFang })
    const [cutoff] = (await feed.page()).cutoffs
    const at = Date.parse(cutoff?.at ?? '') / 1000
    const authTime = (token: string) =>
      (
        JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
          auth_time: number
        }
      ).auth_time
    // When they signed in, whenever the token was minted.
    expect(authTime(refreshed.access_token)).toBe(authTime(me.access_token))
    for (const who of [me, refreshed, late]) {
      expect(authTime(who.access_token)).toBeLessThan(at)
      expect(await ways.me(who)).toBe(false)
    }
    expect(authTime(young.access_token)).toBeGreaterThanOrEqual(at)
    await expectAlive(young, true)
  })

  it('costs sign-in, refresh and every authenticated request no read of its own', async () => {
    await world.auth.sessions.endAll({ app_id: 'wx0000000000000000' })
    const spies = Object.keys(world.store)
      .filter((verb) => verb !== 'newId' && verb !== 'settleMs')
      .map((verb) => [verb, vi.spyOn(world.store, verb as 'findSession')] as const)
    const callsOf = async (act: () => Promise<unknown>) => {
      for (const [, spy] of spies) spy.mockClear()
      await act()
      return spies.flatMap(([verb, spy]) => spy.mock.calls.map(() => verb))
    }
    expect(await callsOf(() => ways.me(me))).toEqual(['findSession'])
    expect(await callsOf(() => ways.refresh(me))).toEqual(['rotateSession'])
    expect(await callsOf(() => world.signIn())).toEqual(['findUsers', 'signIn'])
  })

  it('is done to the rows by and by, and only when nobody could miss the news', async () => {
    await world.auth.sessions.endAll({ app_id: openAppId })
    const rowEnds = async () =>
      (await world.store.listEndedSessions({ since: 0, after_id: 0, limit: 10 })).length
    await world.auth.tidy()
    expect(await rowEnds()).toBe(0)
    world.clock.advance(30 * minuteMs)
    await world.auth.tidy()
    expect(await rowEnds()).toBe(2)
    expect((await feed.page()).revocations).toEqual([])
    // And it is not gone through again.
    const walk = vi.spyOn(world.store, 'endCutSessions')
    await world.auth.tidy()
    expect(walk).not.toHaveBeenCalled()
    world.clock.advance(dayMs)
    await world.auth.sessions.endAll({ app_id: openAppId })
    world.clock.advance(30 * minuteMs)
    await world.auth.tidy()
    expect(walk).toHaveBeenCalled()
  })
})

describe.each<StoreKind>(['memory', 'sqlite'])('three nodes on one store, on %s', (storeKind) => {
  let world: World
  let nodes: Auth[]
  beforeEach(async () => {
    world = await openWorld({
      storeKind,
      clock: { ...systemClock, advance: () => {} },
      apps: (seeded) =>
        seeded.map((app) => ({ ...app, registration: 'open', open_platform: null })),
    })
    nodes = [0, 1, 2].map(() =>
      createAuth({
        publicUrl: 'http://kaimen.test',
        secret: testSecret,
        apps: seedWorld.apps.map(({ kind, appid, secret }) => ({ kind, app_id: appid, secret })),
        store: world.store,
        wechat: { baseUrl: world.emulator.url },
      }),
    )
  })
  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.close()))
    await world.close()
  })

  it('[SE-5] hear of 1,000 revocations of every kind within 5 s, and refuse by themselves at once', async () => {
    const feed = await world.auth.credentials.create({ name: 'v', scopes: ['revocations'] })
    const secret = feed.secret.reveal()
    let turn = 0
    const send = async (
      method: string,
      path: string,
      token?: string,
      json?: unknown,
      on = ++turn,
    ) => {
      const node = nodes[on % nodes.length]
      const response = await node?.handler(
        new Request(`http://kaimen.test${path}`, {
          method,
          headers: {
            ...(json !== undefined && { 'content-type': 'application/json' }),
            ...(token !== undefined && { authorization: `Bearer ${token}` }),
          },
          ...(json !== undefined && { body: JSON.stringify(json) }),
        }),
      )
      return { status: response?.status, body: (await response?.json()) as never }
    }
    const person = async () => {
      const { id } = await world.control('POST', '/emulator/people', {})
      return String(id)
    }
    const signIn = async (who: string, app_id = openAppId) => {
      const code = await world.wxLogin(who, app_id)
      const { status, body } = await send('POST', '/v1/sign-in/wechat', undefined, { app_id, code })
      expect(status).toBe(200)
      return body as SignedInBody
    }
    const signInOften = async (times: number, who: string, app_id = openAppId) => {
      const sessions: SignedInBody[] = []
      for (let i = 0; i < times; i++) sessions.push(await signIn(who, app_id))
      return sessions
    }
    const ok = async (reply: Promise<{ status: number | undefined }>) =>
      expect((await reply).status).toBe(200)

    /** Each gives the act, and whom it signs out. */
    const kinds: Record<string, () => Promise<[act: () => Promise<unknown>, SignedInBody[]]>> = {
      async signOut() {
        const one = await signIn(await person())
        const token = one.refresh_token
        return [() => ok(send('POST', '/v1/revoke', undefined, { token })), [one]]
      },
      async removeDevice() {
        const who = await person()
        const [one, mine] = [await signIn(who), await signIn(who)]
        const path = `/v1/me/sessions/${one.session_id}`
        return [() => ok(send('DELETE', path, mine.access_token)), [one]]
      },
      async removeOthers() {
        const who = await person()
        const [others, mine] = [await signInOften(4, who), await signIn(who)]
        const path = '/v1/me/sessions?others=true'
        return [() => ok(send('DELETE', path, mine.access_token)), others]
      },
      async changePassword() {
        const who = await person()
        const [others, mine] = [await signInOften(4, who), await signIn(who)]
        const json = { password: 'violet anvil monsoon' }
        return [() => ok(send('PUT', '/v1/me/password', mine.access_token, json)), others]
      },
      async disable() {
        const all = await signInOften(4, await person())
        const id = all[0]?.user.id ?? ''
        return [() => nodes[++turn % 3]?.users.disable(id) ?? Promise.resolve(), all]
      },
      async deleteMyself() {
        const all = await signInOften(4, await person())
        return [() => ok(send('DELETE', '/v1/me', all[0]?.access_token)), all]
      },
      async deleteByOperator() {
        const all = await signInOften(4, await person())
        const id = all[0]?.user.id ?? ''
        return [() => nodes[++turn % 3]?.users.delete(id) ?? Promise.resolve(), all]
      },
      async unlink() {
        const who = await person()
        const mine = await signIn(who)
        const code = await world.wxLogin(who, phoneAppId)
        const json = { app_id: phoneAppId, code }
        await ok(send('POST', '/v1/me/identities', mine.access_token, json))
        const there = await signInOften(4, who, phoneAppId)
        const path = `/v1/me/identities/${phoneAppId}`
        return [() => ok(send('DELETE', path, mine.access_token)), there]
      },
      async merge() {
        const who = await person()
        const [all, into] = [await signInOften(4, who, phoneAppId), await signIn(who)]
        const pair = { from: all[0]?.user.id ?? '', into: into.user.id }
        return [
          async () => {
            const merged = await nodes[++turn % 3]?.users.merge(pair)
            expect(merged).toMatchObject({ outcome: 'merged' })
          },
          all,
        ]
      },
      async reuse() {
        const one = await signIn(await person())
        const exchange = (refresh_token: string) =>
          send('POST', '/v1/token', undefined, { grant_type: 'refresh_token', refresh_token })
        const next = (await exchange(one.refresh_token)).body as SignedInBody
        await ok(exchange(next.refresh_token))
        const reused = async () => expect((await exchange(one.refresh_token)).status).toBe(401)
        return [reused, [one]]
      },
      async endAllOfUser() {
        const all = await signInOften(4, await person())
        const user_id = all[0]?.user.id ?? ''
        return [() => nodes[++turn % 3]?.sessions.endAll({ user_id }) ?? Promise.resolve(), all]
      },
    }

    const endedAt = new Map<string, number>()
    const told = nodes.map(() => new Map<string, number>())
    const state = { isOver: false }
    const follow = async (on: number) => {
      let after = ''
      while (!state.isOver) {
        const path = `/v1/revocations?wait=2${after && `&after=${after}`}`
        const { body } = await send('GET', path, secret, undefined, on)
        const page = body as Page
        after = page.cursor
        for (const { session_id } of page.revocations) {
          if (!told[on]?.has(session_id)) told[on]?.set(session_id, Date.now())
        }
      }
    }
    const following = nodes.map((_, on) => follow(on))

    for (let round = 0; round < 30; round++) {
      for (const [kind, prepare] of Object.entries(kinds)) {
        const [act, sessions] = await prepare()
        await act()
        for (const { session_id, access_token } of sessions) {
          endedAt.set(session_id, Date.now())
          const { status } = await send('GET', '/v1/me', access_token)
          expect([kind, status]).toEqual([kind, kind === 'disable' ? 403 : 401])
        }
      }
    }
    expect(endedAt.size).toBeGreaterThanOrEqual(1000)

    const deadline = Date.now() + 5000
    while (Date.now() < deadline && told.some((each) => each.size < endedAt.size)) {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    state.isOver = true
    await Promise.all(following)
    const lags = told.flatMap((each) =>
      [...endedAt].map(([id, at]) => Math.max(0, (each.get(id) ?? Infinity) - at)),
    )
    lags.sort((a, b) => a - b)
    const [median, max] = [lags[lags.length >> 1], lags.at(-1)]
    const measured = `median ${median} ms, longest ${max} ms`
    process.stdout.write(`${endedAt.size} revocations told by 3 nodes: ${measured}\n`)
    expect(max).toBeLessThanOrEqual(5000)
  }, 240_000)
})
