import { deepEqual, equal, notEqual, ok } from 'node:assert/strict'
import type { Store, WechatKey } from '../store.ts'
import { accountContract } from './account-contract.ts'
import { adminContract } from './admin-contract.ts'
import {
  dayMs,
  endsAll,
  find,
  keyOf,
  phone,
  signIn,
  signInWrite,
  start,
  union,
} from './builders.ts'
import { contractTest, type ContractTest } from './contract-test.ts'
import { eventContract } from './event-contract.ts'
import { eventLogContract } from './event-log-contract.ts'
import { keyContract } from './key-contract.ts'
import { leavingContract } from './leaving-contract.ts'
import { mergeContract } from './merge-contract.ts'
import { raceContract } from './race-contract.ts'
import { revocationContract } from './revocation-contract.ts'

/** What every {@link Store} promises. */
export const storeContract: readonly ContractTest<Store>[] = [
  contractTest('migrate may be repeated, and called by two nodes at once', async ({ a, b }) => {
    await Promise.all([a.migrate(), b.migrate()])
    deepEqual(await a.migrate(), { applied: [] })
    await a.ping()
  }),

  contractTest('a first sign-in makes a user, an identity and a session', async ({ a, b }) => {
    deepEqual(await find(b), { proves: { openid: true, unionid: false, phone: false } })
    const { user_id, session_id } = await signIn(a)
    const user = {
      id: user_id,
      status: 'active',
      nickname: null,
      avatar: null,
      phone: null,
      phone_index: null,
      created_at: start,
      gone_at: null,
    }
    deepEqual({ ...(await b.findUser(user_id)) }, user)
    const found = await find(b)
    deepEqual({ ...found.byOpenid }, user)
    equal(found.byUnionid, undefined)
    const { session, user: owner } = (await b.findSession(session_id)) ?? {}
    deepEqual({ ...owner }, user)
    deepEqual(
      { ...session },
      {
        id: session_id,
        user_id,
        app_id: 'app',
        generation: 0,
        created_at: start,
        rotated_at: start,
        idle_expires_at: start + 30 * dayMs,
        expires_at: start + 180 * dayMs,
        ended_at: null,
        device: null,
      },
    )
  }),

  contractTest('ids are safe whole numbers that grow', async ({ a }) => {
    const ids: number[] = []
    for (const openid of ['one', 'two', 'three']) {
      const { user_id, session_id } = await signIn(a, { wechat: { openid } })
      ids.push(user_id, session_id)
    }
    ok(ids.every(Number.isSafeInteger))
    deepEqual(
      ids,
      [...new Set(ids)].sort((x, y) => x - y),
    )
  }),

  contractTest(
    'a returning sign-in adds a session and replaces the session_key',
    async ({ a, b }) => {
      const first = await signIn(a)
      const second = await signIn(b, {
        user_id: first.user_id,
        identity: 'known',
        session_key: Uint8Array.of(9),
      })
      equal(second.user_id, first.user_id)
      notEqual(second.session_id, first.session_id)
      const { app_id, openid } = keyOf()
      deepEqual(Buffer.from((await a.findSessionKey({ app_id, openid })) ?? []), Buffer.of(9))
      equal(await a.findSessionKey({ app_id: 'other', openid }), undefined)
    },
  ),

  contractTest(
    'an openid is the app’s: the same text in another app is somebody else',
    async ({ a }) => {
      const one = await signIn(a)
      const other = await signIn(a, { wechat: { app_id: 'other' } })
      notEqual(one.user_id, other.user_id)
    },
  ),

  contractTest(
    '[WX-8] of two who make the same openid one is told taken, and nothing is left of it',
    async ({ a, b }) => {
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, i) => (i % 2 ? a : b).signIn(signInWrite(a))),
      )
      equal(outcomes.filter((outcome) => outcome === 'signed_in').length, 1)
      equal(outcomes.filter((outcome) => outcome === 'taken').length, 19)
      const user_id = (await find(a)).byOpenid?.id ?? 0
      equal((await a.listSessions({ user_id, now_ms: start })).length, 1)
      equal((await a.listEvents({ limit: 100 })).length, 1)
    },
  ),

  contractTest(
    '[WX-8] of two who claim the same unionid one is told taken, and nothing is left of it',
    async ({ a, b }) => {
      const claim = (store: Store, openid: string) =>
        store.signIn(signInWrite(store, { unionid: 'claim', wechat: { openid, ...union } }))
      const outcomes = await Promise.all([claim(a, 'one'), claim(b, 'two')])
      deepEqual(outcomes.toSorted(), ['signed_in', 'taken'])
      const loser = outcomes[0] === 'taken' ? 'one' : 'two'
      const { byOpenid, byUnionid } = await find(a, {
        app_id: 'app',
        openid: loser,
        ...union,
      })
      equal(byOpenid, undefined)
      ok(byUnionid)
    },
  ),

  contractTest('a unionid is unique within its Open Platform account only', async ({ a }) => {
    const here = await signIn(a, { unionid: 'claim', wechat: { openid: 'one', ...union } })
    const there = { open_platform: 'another', unionid: union.unionid }
    const elsewhere = await signIn(a, { unionid: 'claim', wechat: { openid: 'two', ...there } })
    notEqual(here.user_id, elsewhere.user_id)
  }),

  contractTest('claiming a unionid that is one’s own already is no conflict', async ({ a }) => {
    const wechat = { openid: 'one', ...union }
    const { user_id } = await signIn(a, { unionid: 'claim', wechat })
    const again = await signIn(a, { user_id, identity: 'known', unionid: 'claim', wechat })
    equal(again.user_id, user_id)
  }),

  contractTest(
    'a second identity can be linked to a user, and is found by openid and unionid',
    async ({ a, b }) => {
      const { user_id } = await signIn(a, { unionid: 'claim', wechat: { openid: 'one', ...union } })
      const other = { app_id: 'other', openid: 'two', ...union }
      await signIn(b, { user_id, identity: 'new', wechat: other })
      const found = await find(a, other)
      equal(found.byOpenid?.id, user_id)
      equal(found.byUnionid?.id, user_id)
    },
  ),

  contractTest(
    'an identity that has become another’s is told taken, and nothing is written',
    async ({ a }) => {
      const one = await signIn(a, { wechat: { openid: 'one' } })
      const two = await signIn(a, { wechat: { openid: 'two' } })
      const outcome = await a.signIn(
        signInWrite(a, { user_id: two.user_id, identity: 'known', wechat: { openid: 'one' } }),
      )
      equal(outcome, 'taken')
      equal((await a.listSessions({ user_id: two.user_id, now_ms: start })).length, 1)
      equal((await find(a, { openid: 'one' })).byOpenid?.id, one.user_id)
    },
  ),

  contractTest(
    '[WX-11] a user who is not active gets no session, and nothing is written',
    async ({ a, b }) => {
      const { user_id } = await signIn(a)
      for (const leave of [
        () => b.setUserStatus({ id: user_id, status: 'disabled', now_ms: start }),
        () => b.deleteUser({ id: user_id, now_ms: start, gone_at: start + dayMs }),
      ]) {
        notEqual(await leave(), 'not_found')
        const outcome = await a.signIn(
          signInWrite(a, { user_id, identity: 'known', session_key: Uint8Array.of(7) }),
        )
        equal(outcome, 'user_not_active')
      }
      deepEqual(Buffer.from((await a.findSessionKey(keyOf())) ?? []), Buffer.of(1, 2, 3))
    },
  ),

  contractTest(
    'leaving active ends every session of that user and of no other',
    async ({ a, b }) => {
      const one = await signIn(a, { wechat: { openid: 'one' } })
      await signIn(a, { user_id: one.user_id, identity: 'known', wechat: { openid: 'one' } })
      const two = await signIn(a, { wechat: { openid: 'two' } })
      const write = { id: one.user_id, status: 'disabled', now_ms: start + 5 } as const
      equal(await b.setUserStatus(write), 'changed')
      equal((await a.findSession(one.session_id))?.session.ended_at, start + 5)
      equal((await a.findSession(two.session_id))?.session.ended_at, null)
      equal(await b.setUserStatus({ ...write, status: 'active' }), 'changed')
      equal((await a.findSession(one.session_id))?.session.ended_at, start + 5)
      equal(await b.setUserStatus({ ...write, id: 12345 }), 'not_found')
    },
  ),

  contractTest(
    'a phone that is nobody’s becomes the user’s, and finds them by any of its indexes',
    async ({ a, b }) => {
      const { user_id } = await signIn(a, { phone: phone('one', 'one-old') })
      for (const index of ['one', 'one-old']) {
        const found = await b.findUsers({ app_id: 'app', wechat: null, phone: ['unknown', index] })
        equal(found.byPhone?.user.id, user_id)
        equal(found.byPhone?.hasIdentityInApp, true)
        deepEqual(Buffer.from(found.byPhone?.user.phone ?? []), Buffer.from('sealed one'))
      }
      const elsewhere = await b.findUsers({ app_id: 'other', wechat: null, phone: ['one'] })
      equal(elsewhere.byPhone?.hasIdentityInApp, false)
      equal((await b.findUsers({ app_id: 'app', wechat: null, phone: ['two'] })).byPhone, undefined)
    },
  ),

  contractTest(
    'of two who take the same phone at once one is told taken, and nothing is left of it',
    async ({ a, b }) => {
      const take = (store: Store, openid: string) =>
        store.signIn(signInWrite(store, { wechat: { openid }, phone: phone('one') }))
      const outcomes = await Promise.all([take(a, 'first'), take(b, 'second')])
      deepEqual(outcomes.toSorted(), ['signed_in', 'taken'])
      const loser = outcomes[0] === 'taken' ? 'first' : 'second'
      equal((await find(a, { openid: loser })).byOpenid, undefined)
    },
  ),

  contractTest(
    'two numbers that share any index are one: a rolled secret gives none away twice',
    async ({ a, b }) => {
      await signIn(a, { wechat: { openid: 'first' }, phone: phone('new', 'old') })
      const write = signInWrite(a, { wechat: { openid: 'second' }, phone: phone('old') })
      equal(await b.signIn(write), 'taken')
    },
  ),

  contractTest('a phone is never put in place of one that the user has', async ({ a }) => {
    const { user_id } = await signIn(a, { phone: phone('one') })
    const write = signInWrite(a, { user_id, identity: 'known', phone: phone('two') })
    equal(await a.signIn(write), 'taken')
    equal((await a.findUser(user_id))?.phone_index, 'one')
  }),

  contractTest(
    'a user has one identity in an app: a second openid is told taken',
    async ({ a }) => {
      const { user_id } = await signIn(a, { wechat: { openid: 'one' } })
      const second = signInWrite(a, { user_id, wechat: { openid: 'two' } })
      equal(await a.signIn(second), 'taken')
      equal((await find(a, { openid: 'two' })).byOpenid, undefined)
    },
  ),

  contractTest('a sign-in without a WeChat identity makes a user with a phone', async ({ a }) => {
    const write = signInWrite(a, { phone: phone('one'), wechat: null })
    equal(await a.signIn(write), 'signed_in')
    const { user_id } = write
    equal((await a.findUser(user_id))?.phone_index, 'one')
    await signIn(a, { user_id, wechat: null })
  }),

  contractTest(
    'changing the phone frees the old one, and is told taken for another’s',
    async ({ a, b }) => {
      const one = await signIn(a, { wechat: { openid: 'one' }, phone: phone('one', 'one-old') })
      const two = await signIn(a, { wechat: { openid: 'two' }, phone: phone('two') })
      equal(await b.changePhone({ user_id: one.user_id, phone: phone('two') }), 'taken')
      equal((await a.findUser(one.user_id))?.phone_index, 'one')
      equal(await b.changePhone({ user_id: one.user_id, phone: phone('three') }), 'changed')
      equal(await b.changePhone({ user_id: two.user_id, phone: phone('one-old') }), 'changed')
      const found = await a.findUsers({ app_id: 'app', wechat: null, phone: ['three'] })
      equal(found.byPhone?.user.id, one.user_id)
    },
  ),

  contractTest(
    'an identity is linked to a user who has none in that app, and to nobody twice',
    async ({ a, b }) => {
      const one = await signIn(a, { wechat: { openid: 'one' } })
      const two = await signIn(a, { wechat: { openid: 'two' } })
      const link = (store: Store, user_id: number, wechat: Partial<WechatKey>) =>
        store.linkIdentity({
          user_id,
          now_ms: start + 5,
          wechat: { ...keyOf(wechat), session_key: Uint8Array.of(1) },
        })
      const other = { app_id: 'other', openid: 'three', ...union }
      const races = await Promise.all([link(a, one.user_id, other), link(b, two.user_id, other)])
      deepEqual(races.sort(), ['linked', 'taken'])
      const owner = (await find(a, other)).byOpenid?.id ?? 0
      equal((await find(a, other)).byUnionid?.id, owner)
      const mine = await a.listIdentities(owner)
      deepEqual(
        mine.map(({ app_id, created_at }) => [app_id, created_at]),
        [
          ['app', start],
          ['other', start + 5],
        ],
      )
      equal(await link(a, owner, { app_id: 'other', openid: 'four' }), 'taken')
      const loser = owner === one.user_id ? two.user_id : one.user_id
      equal(await link(a, loser, { app_id: 'third', openid: 'five', ...union }), 'taken')
      equal((await a.listIdentities(loser)).length, 1)
    },
  ),

  contractTest(
    'unlinking ends the sessions in that app, and never takes the last way in',
    async ({ a, b }) => {
      const { user_id, session_id } = await signIn(a)
      const unlink = (store: Store, app_id: string) =>
        store.unlinkIdentity({ user_id, app_id, now_ms: start + 5 })
      equal(await unlink(a, 'app'), 'last_way_in')
      equal(await unlink(a, 'other'), 'not_found')
      const other = { app_id: 'other', openid: 'two' }
      const second = await signIn(a, { user_id, wechat: other })
      const races = await Promise.all([unlink(a, 'app'), unlink(b, 'other')])
      deepEqual(races.sort(), ['last_way_in', 'unlinked'])
      const left = await a.listIdentities(user_id)
      equal(left.length, 1)
      const [ended, live] =
        left[0]?.app_id === 'other'
          ? [session_id, second.session_id]
          : [second.session_id, session_id]
      equal((await a.findSession(ended))?.session.ended_at, start + 5)
      equal((await a.findSession(live))?.session.ended_at, null)
      await a.changePhone({ user_id, phone: phone('one') })
      equal(await unlink(a, left[0]?.app_id ?? ''), 'unlinked')
    },
  ),

  contractTest('a password is kept beside the user, and only there', async ({ a, b }) => {
    const { user_id } = await signIn(a)
    equal(await a.findPassword(user_id), undefined)
    const first = { user_id, password: '$argon2id$one', replaces: null }
    equal(await b.setPassword(first), 'set')
    equal(await a.setPassword({ ...first, password: '$argon2id$two' }), 'not_set')
    equal(await a.findPassword(user_id), '$argon2id$one')
    const races = await Promise.all(
      [a, b].map((store, i) =>
        store.setPassword({ user_id, password: `$argon2id$${i}`, replaces: '$argon2id$one' }),
      ),
    )
    deepEqual(races.sort(), ['not_set', 'set'])
    equal(JSON.stringify(await a.findUser(user_id)).includes('argon2'), false)
  }),

  contractTest(
    'sessions are listed newest first, without those that ended or ran out',
    async ({ a }) => {
      const first = await signIn(a)
      const known = { user_id: first.user_id, identity: 'known' } as const
      const short = { idle_expires_at: start + 10, expires_at: start + 20 }
      await signIn(a, { ...known, session: short })
      await signIn(a, {
        ...known,
        session: { ...short, idle_expires_at: start + 20, expires_at: start + 10 },
      })
      const ended = await signIn(a, known)
      const last = await signIn(a, { ...known, now_ms: start + 1 })
      await a.endSession({ id: ended.session_id, ...endsAll })
      const list = async (now_ms: number) =>
        (await a.listSessions({ user_id: first.user_id, now_ms })).map(({ id }) => id)
      deepEqual(await list(start + 10), [last.session_id, first.session_id])
      equal((await list(start)).length, 4)
      equal((await a.listSessions({ user_id: 1, now_ms: start })).length, 0)
    },
  ),

  contractTest(
    '[RT-3] of fifty who rotate the same generation exactly one does, by exactly one',
    async ({ a, b }) => {
      const { session_id: id } = await signIn(a)
      const write = { id, generation: 0, now_ms: start + 5, idle_expires_at: start + 50 }
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, i) => (i % 2 ? a : b).rotateSession(write)),
      )
      equal(outcomes.filter((outcome) => outcome !== 'not_rotated').length, 1)
      const { session } = (await a.findSession(id)) ?? {}
      equal(session?.generation, 1)
      equal(session?.rotated_at, start + 5)
      equal(session?.idle_expires_at, start + 50)
      equal(session?.expires_at, start + 180 * dayMs)
    },
  ),

  contractTest(
    'who rotates a session gets it as it is now, never with a life beyond its end',
    async ({ a, b }) => {
      const limits = { idle_expires_at: start + 50, expires_at: start + 70 }
      const { session_id: id } = await signIn(a, { session: limits })
      const of = (generation: number, idle: number) => ({
        id,
        generation,
        now_ms: start + 5,
        idle_expires_at: start + idle,
      })
      for (const [generation, idle] of [
        [0, 60],
        [1, 90],
      ] as const) {
        const rotated = await a.rotateSession(of(generation, idle))
        deepEqual({ ...(await b.findSession(id))?.session }, { ...Object(rotated) })
      }
      equal((await a.findSession(id))?.session.idle_expires_at, start + 70)
    },
  ),

  contractTest(
    '[RT-5] a session rotates for its own app only, where one is named',
    async ({ a }) => {
      const { session_id: id } = await signIn(a)
      const rotation = { id, generation: 0, now_ms: start + 5, idle_expires_at: start + 50 }
      equal(await a.rotateSession({ ...rotation, app_id: 'another' }), 'not_rotated')
      notEqual(await a.rotateSession({ ...rotation, app_id: 'app' }), 'not_rotated')
    },
  ),

  contractTest(
    '[SE-8] a session that ended, ran out, or whose user is not active does not rotate',
    async ({ a }) => {
      const rotation = { generation: 0, now_ms: start + 5, idle_expires_at: start + 50 }
      const ended = await signIn(a, { wechat: { openid: 'ended' } })
      await a.endSession({ id: ended.session_id, ...endsAll })
      equal(await a.rotateSession({ ...rotation, id: ended.session_id }), 'not_rotated')

      const limits = { idle_expires_at: start + 5, expires_at: start + 50 }
      const idle = await signIn(a, { wechat: { openid: 'idle' }, session: limits })
      equal(await a.rotateSession({ ...rotation, id: idle.session_id }), 'not_rotated')
      notEqual(
        await a.rotateSession({ ...rotation, now_ms: start + 4, id: idle.session_id }),
        'not_rotated',
      )

      const swapped = { idle_expires_at: start + 50, expires_at: start + 5 }
      const old = await signIn(a, { wechat: { openid: 'old' }, session: swapped })
      equal(await a.rotateSession({ ...rotation, id: old.session_id }), 'not_rotated')

      equal(await a.rotateSession({ ...rotation, id: 12345 }), 'not_rotated')
    },
  ),

  contractTest('of fifty who end a session exactly one is told that it did', async ({ a, b }) => {
    const { session_id: id } = await signIn(a)
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, i) => (i % 2 ? a : b).endSession({ id, ...endsAll })),
    )
    equal(outcomes.filter(Boolean).length, 1)
  }),

  contractTest('a session is ended only for the user it belongs to', async ({ a }) => {
    const one = await signIn(a, { wechat: { openid: 'one' } })
    const two = await signIn(a, { wechat: { openid: 'two' } })
    equal(await a.endSession({ id: one.session_id, user_id: two.user_id, ...endsAll }), false)
    equal((await a.findSession(one.session_id))?.session.ended_at, null)
    equal(await a.endSession({ id: one.session_id, user_id: one.user_id, ...endsAll }), true)
  }),

  contractTest('ending the others keeps the one named, and other users’', async ({ a }) => {
    const mine = await signIn(a, { wechat: { openid: 'one' } })
    const known = { user_id: mine.user_id, identity: 'known', wechat: { openid: 'one' } } as const
    const second = await signIn(a, known)
    await signIn(a, known)
    const theirs = await signIn(a, { wechat: { openid: 'two' } })
    const write = { user_id: mine.user_id, keep_id: second.session_id, ...endsAll }
    equal(await a.endOtherSessions(write), 2)
    equal(await a.endOtherSessions(write), 0)
    equal((await a.findSession(second.session_id))?.session.ended_at, null)
    equal((await a.findSession(theirs.session_id))?.session.ended_at, null)
  }),

  contractTest('texts come back as they were, whatever they hold', async ({ a }) => {
    const openid = "'; drop table users; -- 开门 \\"
    const device = JSON.stringify({ name: '小明的 "手机"' })
    const session = { device, idle_expires_at: start + 1, expires_at: start + 1 }
    const { session_id, user_id } = await signIn(a, { wechat: { openid }, session })
    equal((await a.findSession(session_id))?.session.device, device)
    equal((await find(a, { openid })).byOpenid?.id, user_id)
  }),

  ...accountContract,
  ...adminContract,
  ...keyContract,
  ...leavingContract,
  ...mergeContract,
  ...eventContract,
  ...eventLogContract,
  ...revocationContract,
  ...raceContract,
]
