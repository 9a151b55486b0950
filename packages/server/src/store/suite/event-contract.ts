import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Store, StoredEvent } from '../store.ts'
import {
  dayMs,
  endsAll,
  event,
  find,
  keyOf,
  kindsOf,
  phone,
  refuse,
  signIn,
  signInWrite,
  start,
  trySignIn,
  union,
} from './builders.ts'
import { contractTest, type ContractTest } from './contract-test.ts'

const idsOf = (events: readonly StoredEvent[]) => events.map(({ id }) => id)

/** What is written down of an act, and what is removed when it has had its time. */
export const eventContract: readonly ContractTest<Store>[] = [
  contractTest('[LG-1] an event comes back as it was written', async ({ a, b }) => {
    const written = event(a, {
      kind: 'kind',
      user_id: 12345,
      session_id: 67890,
      app_id: 'app',
      detail: JSON.stringify({ name: '小明 "🐼"' }),
    })
    await a.addEvent(written)
    const bare = event(a)
    await b.addEvent(bare)
    deepEqual(
      (await b.listEvents({ limit: 10 })).map((each) => ({ ...each })),
      [written, bare],
    )
  }),

  contractTest(
    '[LG-1] events are listed oldest first, of one user or all, in parts',
    async ({ a, b }) => {
      const ids = Array.from({ length: 6 }, () => a.newId())
      for (const id of ids) {
        await a.addEvent(event(a, { id, user_id: ids.indexOf(id) % 2 }))
      }
      const list = async (query: Parameters<Store['listEvents']>[0]) =>
        idsOf(await b.listEvents(query))
      deepEqual(await list({ limit: 10 }), ids)
      deepEqual(await list({ limit: 2 }), ids.slice(0, 2))
      deepEqual(await list({ after: ids[1] ?? 0, limit: 2 }), ids.slice(2, 4))
      const odd = ids.filter((_, i) => i % 2 === 1)
      deepEqual(await list({ user_id: 1, limit: 10 }), odd)
      deepEqual(await list({ user_id: 1, after: odd[0] ?? 0, limit: 1 }), odd.slice(1, 2))
      deepEqual(await list({ user_id: 2, limit: 10 }), [])
    },
  ),

  contractTest(
    '[LG-1] of two events with one id none is lost, nor the act of either',
    async ({ a, b }) => {
      const id = a.newId()
      await Promise.all([a.addEvent(event(a, { id, kind: 'one' })), b.addEvent(event(b, { id }))])
      const write = signInWrite(a)
      const events = [event(a, { id, kind: 'signed_in' }), event(a, { kind: 'more' })]
      equal(await a.signIn({ ...write, events }), 'signed_in')
      const all = await a.listEvents({ limit: 10 })
      equal(new Set(idsOf(all)).size, 4)
      deepEqual(all.map(({ kind }) => kind).sort(), ['more', 'one', 'signed_in', 'something'])
      deepEqual(
        idsOf(all),
        idsOf(all).toSorted((x, y) => x - y),
      )
    },
  ),

  contractTest('[LG-1] each act that is done is written down with its event', async ({ a, b }) => {
    const { user_id, session_id } = await signIn(a, { phone: phone('one') })
    const { user_id: from_id } = await signIn(a, { wechat: { app_id: 'from' } })
    const holder = await signIn(a, { unionid: 'claim', wechat: { app_id: 'holder', ...union } })
    const conflict = { id: a.newId(), holder_id: holder.user_id }
    await signIn(a, { user_id, identity: 'known', wechat: union, conflict })
    const merge_id = a.newId()
    const now_ms = start + 1
    const gone_at = start + dayMs
    type Told = { event: StoredEvent }
    const acts: readonly [string, (told: Told) => Promise<unknown>, unknown][] = [
      [
        'status',
        (e) => b.setUserStatus({ id: from_id, status: 'active', now_ms, ...e }),
        'changed',
      ],
      [
        'linked',
        (e) => {
          const wechat = { ...keyOf({ app_id: 'other' }), session_key: Uint8Array.of(1) }
          return b.linkIdentity({ user_id, now_ms, wechat, ...e })
        },
        'linked',
      ],
      ['unlinked', (e) => b.unlinkIdentity({ user_id, app_id: 'app', now_ms, ...e }), 'unlinked'],
      ['phone', (e) => b.changePhone({ user_id, phone: phone('two'), ...e }), 'changed'],
      ['password', (e) => b.setPassword({ user_id, password: '$', replaces: null, ...e }), 'set'],
      ['dismissed', (e) => b.dismissConflict({ id: conflict.id, now_ms: start, ...e }), true],
      [
        'merged',
        (e) => b.mergeUsers({ id: merge_id, from_id, into_id: user_id, now_ms, gone_at, ...e }),
        'merged',
      ],
      ['undone', (e) => b.undoMerge({ id: merge_id, now_ms, ...e }), 'undone'],
      ['deleted', (e) => b.deleteUser({ id: user_id, now_ms, gone_at, ...e }), 'deleted'],
      ['restored', (e) => b.restoreUser({ id: user_id, now_ms, ...e }), 'restored'],
      ['deleted again', (e) => b.deleteUser({ id: user_id, now_ms, gone_at, ...e }), 'deleted'],
      ['erased', (e) => b.eraseUser({ id: user_id, now_ms: gone_at, ...e }), true],
    ]
    const nothing = { nickname: false, avatar: false, phone: false, now_ms }
    const more: typeof acts = [
      ['session', (e) => b.endSession({ id: session_id, ...endsAll, ...e }), true],
      ['profile', async (e) => (await b.changeProfile({ user_id, now_ms, ...e }))?.id, user_id],
      [
        'withdrawn',
        (e) => b.withdrawData({ user_id, ...nothing, nickname: true, ...e }),
        undefined,
      ],
      ['sessions', (e) => b.endOtherSessions({ user_id, keep_id: 0, ...endsAll, ...e }), 1],
    ]
    for (const [kind, act, outcome] of [...more, ...acts]) {
      const told = event(b, { kind, user_id })
      deepEqual(await act({ event: told }), outcome, kind)
      const events = await a.listEvents({ limit: 1000 })
      // Two nodes in one millisecond: its number may be another.
      deepEqual(
        events.filter((each) => each.kind === kind).map((each) => ({ ...each, id: 0 })),
        [{ ...told, id: 0 }],
      )
    }
  }),

  contractTest('[LG-1] an act that is not done leaves no event', async ({ a, b }) => {
    const { user_id, session_id } = await signIn(a)
    await b.endSession({ id: session_id, ...endsAll })
    const told = () => ({ event: event(b, { user_id }) })
    const now_ms = start
    const refused: readonly [unknown, () => Promise<unknown>][] = [
      ['taken', () => trySignIn(b, { phone: phone('one') })],
      ['taken', () => trySignIn(b, { user_id: 12345, wechat: null })],
      [false, () => b.endSession({ id: session_id, ...endsAll, ...told() })],
      [0, () => b.endOtherSessions({ user_id, keep_id: 0, ...endsAll, ...told() })],
      ['not_set', () => b.setPassword({ user_id, password: '$', replaces: '$no', ...told() })],
      ['not_found', () => b.setUserStatus({ id: 12345, status: 'active', now_ms, ...told() })],
      [undefined, () => b.changeProfile({ user_id: 12345, now_ms, ...told() })],
      ['last_way_in', () => b.unlinkIdentity({ user_id, app_id: 'app', now_ms, ...told() })],
    ]
    for (const [outcome, step] of refused) {
      await refuse(a, [user_id], outcome, step)
    }
    equal((await find(a, { openid: 'two' })).byOpenid, undefined)
    equal((await kindsOf(a)).length, 1)
  }),

  contractTest(
    '[PI-4] sessions are pruned by when they ended or ran out, in walks',
    async ({ a, b }) => {
      const before = start + 100
      const limits = { idle_expires_at: before, expires_at: before }
      const sessions = {
        live: limits,
        idle: { ...limits, idle_expires_at: before - 1 },
        old: { ...limits, expires_at: before - 1 },
        ended: limits,
        endedLater: limits,
      }
      const ids = new Map<string, number>()
      const { user_id } = await signIn(a, { wechat: null })
      for (const [name, session] of Object.entries(sessions)) {
        ids.set(name, (await signIn(a, { user_id, wechat: null, session })).session_id)
      }
      const end = (name: string, now_ms: number) =>
        a.endSession({ id: ids.get(name) ?? 0, now_ms, reason: 'removed' })
      await end('ended', before - 1)
      await end('endedLater', before)
      let after: number | undefined = 0
      let steps = 0
      while (after !== undefined) {
        after = await b.pruneSessions({ after, before, limit: 2 })
        steps += 1
      }
      equal(steps, 4)
      const left = (await a.listPastSessions(user_id)).map(({ id }) => id)
      equal(left.length, 3)
      for (const name of ['live', 'endedLater']) ok(left.includes(ids.get(name) ?? 0))
      equal(await a.findSession(ids.get('idle') ?? 0), undefined)
    },
  ),

  contractTest(
    '[PI-4] events are pruned oldest first, and none that is young enough',
    async ({ a, b }) => {
      const ids: number[] = []
      for (const at of [1, 2, 3, 50, 60]) {
        const id = a.newId()
        ids.push(id)
        await a.addEvent(event(a, { id, at: start + at }))
      }
      const prune = (limit: number) => b.pruneEvents({ before: start + 50, limit })
      equal(await prune(2), 2)
      deepEqual(idsOf(await a.listEvents({ limit: 10 })), ids.slice(2))
      equal(await prune(2), 1)
      equal(await prune(2), 0)
      deepEqual(idsOf(await a.listEvents({ limit: 10 })), ids.slice(3))
    },
  ),

  contractTest('[PI-4] an event is not pruned for one after it that is older', async ({ a, b }) => {
    const ids: number[] = []
    for (const at of [10, 70, 20, 80]) {
      const id = a.newId()
      ids.push(id)
      await a.addEvent(event(a, { id, at: start + at }))
    }
    equal(await b.pruneEvents({ before: start + 50, limit: 10 }), 2)
    deepEqual(idsOf(await a.listEvents({ limit: 10 })), [ids[1], ids[3]])
  }),
]
