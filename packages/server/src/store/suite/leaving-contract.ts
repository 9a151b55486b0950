import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Store } from '../store.ts'
import {
  claiming,
  dayMs,
  event,
  find,
  findByClaim,
  findByPhone,
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

const gone_at = start + 15 * dayMs

const leave = (store: Store, id: number, at = gone_at) =>
  store.deleteUser({
    id,
    now_ms: start,
    gone_at: at,
    event: event(store, { kind: 'deleted', user_id: id }),
  })

const restore = (store: Store, id: number, now_ms = start + 1) =>
  store.restoreUser({ id, now_ms, event: event(store, { kind: 'restored', user_id: id }) })

const erase = (store: Store, id: number, now_ms = gone_at) =>
  store.eraseUser({ id, now_ms, event: event(store, { kind: 'erased', user_id: id }) })

/** A user who has one of everything. */
async function settle(store: Store, name: string) {
  const unionid = `union ${name}`
  const wechat = { openid: name, open_platform: 'platform', unionid }
  const made = await signIn(store, {
    unionid: 'claim',
    wechat,
    phone: phone(name, `${name}-old`),
    session: { device: `{"name":"${name}"}` },
  })
  const { user_id } = made
  await store.setPassword({ user_id, password: '$argon2id$', replaces: null })
  await store.changeProfile({ user_id, nickname: name, avatar: `${name}.png`, now_ms: start })
  await store.setPreferences({ user_id, document: '{"n":1}', replaces: 0, now_ms: start })
  return { ...made, wechat }
}

/** Leaving: an account is deleted, may come back for a while, and is gone. */
export const leavingContract: readonly ContractTest<Store>[] = [
  contractTest(
    '[PI-2] deleting ends every session of that user, and refuses new ones',
    async ({ a, b }) => {
      const one = await signIn(a)
      const two = await signIn(a, { wechat: { openid: 'two' } })
      equal(await leave(b, one.user_id), 'deleted')
      const user = await a.findUser(one.user_id)
      deepEqual([user?.status, user?.gone_at], ['deleted', gone_at])
      const [session] = await a.listPastSessions(one.user_id)
      deepEqual([session?.ended_at, session?.end_reason], [start, 'user_deleted'])
      equal((await a.findSession(two.session_id))?.session.ended_at, null)
      await refuse(a, [one.user_id], 'user_not_active', () =>
        trySignIn(b, { user_id: one.user_id, identity: 'known', session_key: Uint8Array.of(7) }),
      )
      const known = { id: one.session_id, generation: 0, now_ms: start, idle_expires_at: gone_at }
      equal(await b.rotateSession(known), 'not_rotated')
      equal(await leave(b, 12345), 'not_found')
    },
  ),

  contractTest('who is deleted already may only be gone sooner', async ({ a, b }) => {
    const { user_id } = await signIn(a)
    equal(await leave(a, user_id), 'deleted')
    for (const at of [gone_at, gone_at + 1]) {
      await refuse(a, [user_id], 'not_found', () => leave(b, user_id, at))
    }
    equal(await leave(b, user_id, gone_at - 1), 'deleted')
    equal((await a.findUser(user_id))?.gone_at, gone_at - 1)
  }),

  contractTest('[WX-11] a deleted user is neither enabled nor disabled', async ({ a, b }) => {
    const { user_id } = await signIn(a)
    await leave(a, user_id)
    for (const status of ['active', 'disabled'] as const) {
      await refuse(a, [user_id], 'not_found', () =>
        b.setUserStatus({ id: user_id, status, now_ms: start, event: event(b) }),
      )
    }
  }),

  contractTest(
    'a deletion is taken back until the user is gone, and not from then on',
    async ({ a, b }) => {
      const { user_id, session_id, wechat } = await settle(a, 'one')
      await refuse(a, [user_id], 'not_found', () => restore(b, user_id))
      await leave(a, user_id)
      for (const late of [gone_at, gone_at + 1]) {
        await refuse(a, [user_id], 'not_found', () => restore(b, user_id, late))
      }
      equal(await restore(b, user_id, gone_at - 1), 'restored')
      const user = await a.findUser(user_id)
      deepEqual([user?.status, user?.gone_at, user?.nickname], ['active', null, 'one'])
      equal((await a.findSession(session_id))?.session.ended_at, start)
      equal((await find(a, wechat)).byUnionid?.id, user_id)
      equal(await findByPhone(a, 'one'), user_id)
      await signIn(b, { user_id, identity: 'known', wechat })
      equal(await restore(b, 12345), 'not_found')
    },
  ),

  contractTest('[WX-11] who was disabled, then deleted, comes back disabled', async ({ a, b }) => {
    const { user_id } = await signIn(a)
    await a.setUserStatus({ id: user_id, status: 'disabled', now_ms: start })
    equal(await leave(b, user_id), 'deleted')
    equal(await leave(b, user_id, gone_at - 1), 'deleted')
    await refuse(a, [user_id], 'user_not_active', () =>
      trySignIn(b, { user_id, user: 'restore', identity: 'known' }),
    )
    equal(await restore(b, user_id), 'restored')
    const user = await a.findUser(user_id)
    deepEqual([user?.status, user?.gone_at], ['disabled', null])
    await refuse(a, [user_id], 'user_not_active', () =>
      trySignIn(b, { user_id, user: 'restore', identity: 'known' }),
    )
    await b.setUserStatus({ id: user_id, status: 'active', now_ms: start })
    await leave(b, user_id)
    await restore(b, user_id)
    equal((await a.findUser(user_id))?.status, 'active')
  }),

  contractTest(
    'a sign-in takes a deletion back, as long as the user is not gone',
    async ({ a, b }) => {
      const { user_id } = await signIn(a)
      await leave(a, user_id)
      const back = (now_ms: number) =>
        trySignIn(b, { user_id, user: 'restore', identity: 'known', now_ms })
      await refuse(a, [user_id], 'user_not_active', () => back(gone_at))
      equal(await back(gone_at - 1), 'signed_in')
      const user = await a.findUser(user_id)
      deepEqual([user?.status, user?.gone_at], ['active', null])
      equal(await back(gone_at), 'signed_in')
    },
  ),

  contractTest('a sign-in that is told taken takes no deletion back', async ({ a, b }) => {
    const { user_id } = await signIn(a)
    const other = await signIn(a, { wechat: { openid: 'two' } })
    await leave(a, user_id)
    await refuse(a, [user_id, other.user_id], 'taken', () =>
      trySignIn(b, { user_id, user: 'restore', identity: 'known', wechat: { openid: 'two' } }),
    )
  }),

  contractTest('of many who delete a user at once exactly one does', async ({ a, b }) => {
    const { user_id } = await signIn(a)
    const outcomes = await Promise.all([a, b, a, b].map((store) => leave(store, user_id)))
    deepEqual(outcomes.sort(), ['deleted', 'not_found', 'not_found', 'not_found'])
    deepEqual((await kindsOf(a)).toSorted(), ['deleted', 'signed_in'])
  }),

  contractTest('whose time has come is listed, soonest first', async ({ a, b }) => {
    const first = await signIn(a, { wechat: { openid: 'one' } })
    const second = await signIn(a, { wechat: { openid: 'two' } })
    await signIn(a, { wechat: { openid: 'three' } })
    await leave(a, second.user_id, gone_at)
    await leave(a, first.user_id, gone_at + 1)
    const list = async (now_ms: number, limit = 10) =>
      (await b.listGoneUsers({ now_ms, limit })).map(({ id }) => id)
    deepEqual(await list(gone_at - 1), [])
    deepEqual(await list(gone_at), [second.user_id])
    deepEqual(await list(gone_at + 1), [second.user_id, first.user_id])
    deepEqual(await list(gone_at + 1, 1), [second.user_id])
    await restore(a, first.user_id)
    deepEqual(await list(gone_at + 1), [second.user_id])
  }),

  contractTest('nobody is erased before their time, nor who was not deleted', async ({ a, b }) => {
    const { user_id } = await settle(a, 'one')
    await refuse(a, [user_id], false, () => erase(b, user_id, gone_at + dayMs))
    await a.setUserStatus({ id: user_id, status: 'disabled', now_ms: start })
    await refuse(a, [user_id], false, () => erase(b, user_id, gone_at + dayMs))
    await leave(a, user_id)
    await refuse(a, [user_id], false, () => erase(b, user_id, gone_at - 1))
    await refuse(a, [user_id], false, () => erase(b, 12345))
  }),

  contractTest(
    '[PI-2] erasing removes everything that leads to the user, but events',
    async ({ a, b }) => {
      const { user_id, session_id, wechat } = await settle(a, 'one')
      const other = await settle(a, 'two')
      await signIn(a, {
        user_id: other.user_id,
        identity: 'known',
        wechat: { ...wechat, openid: 'two' },
        conflict: { id: a.newId(), holder_id: user_id },
      })
      await leave(a, user_id)
      const kept = await a.listEvents({ user_id, limit: 100 })
      equal(await erase(b, user_id), true)

      equal(await a.findUser(user_id), undefined)
      equal(await a.findSession(session_id), undefined)
      deepEqual(await a.listPastSessions(user_id), [])
      deepEqual(await a.listIdentities(user_id), [])
      deepEqual(await a.listUnionids(user_id), [])
      equal(await a.findSessionKey({ app_id: 'app', openid: 'one' }), undefined)
      equal(await a.findPassword(user_id), undefined)
      equal(await a.findPreferences(user_id), undefined)
      deepEqual(await a.listConflicts({ limit: 10 }), [])
      const { byOpenid, byUnionid } = await find(a, wechat)
      equal(byOpenid ?? byUnionid, undefined)
      for (const index of ['one', 'one-old']) equal(await findByPhone(a, index), undefined)
      deepEqual(await a.listLooseBlobs({ now_ms: gone_at, limit: 10 }), ['one.png'])
      deepEqual(await a.listGoneUsers({ now_ms: gone_at, limit: 10 }), [])
      const events = await a.listEvents({ user_id, limit: 100 })
      deepEqual(
        events.map(({ kind }) => kind).toSorted(),
        [...kept.map(({ kind }) => kind), 'erased'].toSorted(),
      )

      equal((await find(a, other.wechat)).byUnionid?.id, other.user_id)
      equal(await findByPhone(a, 'two'), other.user_id)
      equal((await a.findSession(other.session_id))?.session.ended_at, null)
      ok(await a.findPreferences(other.user_id))
    },
  ),

  contractTest(
    '[PI-2] erasing frees what the user had for whoever comes next',
    async ({ a, b }) => {
      const gone = await settle(a, 'one')
      const claimant = await signIn(a, claiming('claimed'))
      for (const { user_id } of [gone, claimant]) {
        await leave(a, user_id)
        equal(await erase(a, user_id), true)
      }
      equal(await findByClaim(a, 'claimed'), undefined)
      const next = await settle(b, 'one')
      equal((await find(a, gone.wechat)).byUnionid?.id, next.user_id)
      await signIn(b, claiming('claimed'))
    },
  ),

  contractTest('of many who erase a user at once exactly one does', async ({ a, b }) => {
    const { user_id } = await settle(a, 'one')
    await leave(a, user_id)
    const outcomes = await Promise.all([a, b, a, b].map((store) => erase(store, user_id)))
    equal(outcomes.filter(Boolean).length, 1)
    equal((await kindsOf(a)).filter((kind) => kind === 'erased').length, 1)
    deepEqual(await a.listLooseBlobs({ now_ms: gone_at, limit: 10 }), ['one.png'])
  }),

  contractTest(
    'of restoring and erasing at once exactly one is done, and whole',
    async ({ a, b }) => {
      for (let round = 0; round < 10; round++) {
        const { user_id, wechat } = await settle(a, `round ${round}`)
        await leave(a, user_id)
        const race = [
          () => restore(a, user_id, gone_at - 1),
          () => erase(b, user_id, gone_at),
        ] as const
        const outcomes = await Promise.all(
          (round % 2 ? race : race.toReversed()).map((step) => step()),
        )
        const restored = outcomes.includes('restored')
        equal(outcomes.includes(!restored), true)
        equal(outcomes.includes('not_found'), !restored)
        const holder = restored ? user_id : undefined
        equal((await find(a, wechat)).byOpenid?.id, holder)
        equal((await find(a, wechat)).byUnionid?.id, holder)
        equal(await findByPhone(a, wechat.openid), holder)
        equal((await a.findUser(user_id))?.status, restored ? 'active' : undefined)
      }
    },
  ),

  contractTest(
    'who comes back while being erased comes back whole, or looks again',
    async ({ a, b }) => {
      for (let round = 0; round < 10; round++) {
        const { user_id, wechat } = await settle(a, `round ${round}`)
        await leave(a, user_id)
        const back = { user_id, user: 'restore', identity: 'known', wechat } as const
        const race = [
          () => trySignIn(a, { ...back, now_ms: gone_at - 1 }),
          () => erase(b, user_id, gone_at),
        ] as const
        const outcomes = await Promise.all(
          (round % 2 ? race : race.toReversed()).map((step) => step()),
        )
        const isBack = outcomes.includes('signed_in')
        equal(outcomes.includes(!isBack), true)
        equal(outcomes.includes('taken'), !isBack)
        equal((await find(a, wechat)).byOpenid?.id, isBack ? user_id : undefined)
      }
    },
  ),

  contractTest('what is written for who was erased meanwhile has an outcome', async ({ a, b }) => {
    const { user_id, session_id } = await settle(a, 'one')
    await leave(a, user_id)
    equal(await erase(a, user_id), true)
    const wechat = { ...keyOf({ app_id: 'other', ...union }), session_key: Uint8Array.of(1) }
    const outcomes = [
      await b.signIn(signInWrite(b, { user_id, identity: 'known', wechat: { openid: 'one' } })),
      await b.signIn(signInWrite(b, { user_id, wechat: null })),
      await b.linkIdentity({ user_id, now_ms: start, wechat }),
      await b.changePhone({ user_id, phone: phone('one') }),
      await b.unlinkIdentity({ user_id, app_id: 'app', now_ms: start }),
      await b.setPassword({ user_id, password: '$', replaces: null }),
      await b.setPreferences({ user_id, document: '{}', replaces: 0, now_ms: start }),
      await b.endSession({ id: session_id, now_ms: start, reason: 'removed' }),
    ]
    deepEqual(outcomes, [
      'taken',
      'taken',
      'user_not_active',
      'user_not_active',
      'not_found',
      'not_set',
      'changed',
      false,
    ])
    equal(await findByPhone(a, 'one'), undefined)
    equal((await find(a, { app_id: 'other', ...union })).byOpenid, undefined)
  }),
]
