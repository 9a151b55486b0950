import { setTimeout } from 'node:timers/promises'
import type { Store } from '@kaimen/server'
import { createSqlStore } from '@kaimen/server/store/sql'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { timeOfId } from '../../src/id.ts'
import {
  claiming,
  dayMs,
  endsAll,
  event,
  find,
  findByClaim,
  findByPhone,
  keyOf,
  phone,
  signIn,
  signInWrite,
  start,
  trySignIn,
  union,
} from '../../src/store/suite/builders.ts'
import { testClock } from '../support/clock.ts'
import {
  chances,
  lacksServer,
  openTwoNodes,
  run,
  serverKinds,
  type TwoNodes,
} from '../support/databases.ts'
import { pauseBefore } from '../support/pausing.ts'

const now_ms = start + 1
const gone_at = start + dayMs

for (const kind of serverKinds)
  describe.skipIf(lacksServer[kind])(`two writers on ${kind}`, () => {
    let nodes: TwoNodes
    let b: Store
    let clock: ReturnType<typeof testClock>
    beforeAll(async () => {
      nodes = await openTwoNodes(kind)
    })
    afterAll(() => nodes.close())
    beforeEach(async () => {
      await nodes.empty()
      clock = testClock()
      b = createSqlStore(nodes.b, clock, chances.b)
    })

    /** Begins `first`, stops it before a statement, begins `second`, and lets the first go on. */
    async function interleave<First, Second>(
      words: string,
      first: (store: Store) => Promise<First>,
      second: () => Promise<Second>,
    ): Promise<readonly [First, Second]> {
      const { database, reached, goOn } = pauseBefore(nodes.a, words)
      const one = first(createSqlStore(database, clock, chances.a))
      await Promise.race([reached, one.then(() => Promise.reject(new Error('never paused')))])
      const other = second()
      // It is done by then, or waits for the first.
      await Promise.race([other, setTimeout(60)])
      goOn()
      return Promise.all([one, other])
    }

    const live = async (user_id: number) =>
      (await b.listPastSessions(user_id)).filter(({ ended_at }) => ended_at === null)

    const leaving = {
      disabling: (store: Store, id: number) =>
        store.setUserStatus({ id, status: 'disabled', now_ms }),
      deleting: (store: Store, id: number) => store.deleteUser({ id, now_ms, gone_at }),
      async merging(store: Store, from_id: number) {
        const { user_id: into_id } = await signIn(b, { wechat: { app_id: 'into' } })
        return store.mergeUsers({ id: b.newId(), from_id, into_id, now_ms, gone_at })
      },
    }

    describe.each(Object.entries(leaving))('%s and signing in', (_, leave) => {
      it('leave no session alive when the sign-in is half done', async () => {
        const { user_id } = await signIn(b)
        const [signedIn] = await interleave(
          'update identities',
          (store) => trySignIn(store, { user_id, identity: 'known' }),
          () => leave(b, user_id),
        )
        expect(signedIn).toBe('signed_in')
        expect((await b.findUser(user_id))?.status).not.toBe('active')
        expect(await live(user_id)).toEqual([])
      })

      it('leave no session alive when the leaving is half done', async () => {
        const { user_id } = await signIn(b)
        const [, signedIn] = await interleave(
          'update sessions',
          (store) => leave(store, user_id),
          () => trySignIn(b, { user_id, identity: 'known' }),
        )
        expect(signedIn).not.toBe('signed_in')
        expect(await live(user_id)).toEqual([])
      })
    })

    it.each(Object.entries(leaving))(
      '[SE-8] a refresh in the midst of %s brings no session back to life',
      async (_, leave) => {
        const { user_id, session_id: id } = await signIn(b)
        const rotate = (generation: number) =>
          b.rotateSession({ id, generation, now_ms, idle_expires_at: start + dayMs })
        await interleave(
          'update sessions',
          (store) => leave(store, user_id),
          () => rotate(0),
        )
        expect(await live(user_id)).toEqual([])
        for (const generation of [0, 1]) expect(await rotate(generation)).toBe('not_rotated')
      },
    )

    it('[SE-8] a refresh in the midst of ending its session finds it ended', async () => {
      const { user_id, session_id: id } = await signIn(b)
      const [ended, rotated] = await interleave(
        'insert into events',
        (store) => store.endSession({ id, ...endsAll, event: event(b, { user_id }) }),
        () => b.rotateSession({ id, generation: 0, now_ms, idle_expires_at: start + dayMs }),
      )
      expect([ended, rotated]).toEqual([true, 'not_rotated'])
      expect((await b.findSession(id))?.session).toMatchObject({ generation: 0, ended_at: now_ms })
    })

    it('of two who unlink the last two ways in one is refused', async () => {
      const { user_id } = await signIn(b)
      await signIn(b, { user_id, wechat: { app_id: 'other' } })
      const outcomes = await interleave(
        'delete from identities',
        (store) => store.unlinkIdentity({ user_id, app_id: 'app', now_ms }),
        () => b.unlinkIdentity({ user_id, app_id: 'other', now_ms }),
      )
      expect(outcomes.toSorted()).toEqual(['last_way_in', 'unlinked'])
      expect(await b.listIdentities(user_id)).toHaveLength(1)
    })

    it.each(['insert into phone_indexes', 'select user_id from unverified', 'update users'])(
      'a number is never proven and claimed, when the proof stops before: %s',
      async (words) => {
        const { user_id } = await signIn(b)
        await interleave(
          words,
          (store) => store.changePhone({ user_id, phone: phone('one', 'old') }),
          () => trySignIn(b, claiming('one', 'old')),
        )
        expect(await findByPhone(b, 'one')).toBe(user_id)
        for (const index of ['one', 'old']) expect(await findByClaim(b, index)).toBeUndefined()
      },
    )

    it.each(['select user_id from phone_indexes', 'update users'])(
      'a number is never proven and claimed, when the claim stops before: %s',
      async (words) => {
        const { user_id } = await signIn(b)
        await interleave(
          words,
          (store) => trySignIn(store, claiming('one', 'old')),
          () => b.changePhone({ user_id, phone: phone('one', 'old') }),
        )
        expect(await findByPhone(b, 'one')).toBe(user_id)
        for (const index of ['one', 'old']) expect(await findByClaim(b, index)).toBeUndefined()
      },
    )

    it.each(['select user_id from unverified_phone_indexes', 'delete from phone_indexes'])(
      'a number is never proven and claimed, when an older claim ends before: %s',
      async (words) => {
        const { user_id } = await signIn(b)
        const { user_id: claimant } = await signIn(b, claiming('one'))
        const atEnd = pauseBefore(nodes.a, 'delete from unverified_phone_indexes')
        const atProof = pauseBefore(atEnd.database, words)
        const store = createSqlStore(atProof.database, clock, chances.a)
        const proving = store.changePhone({ user_id, phone: phone('one') })
        await atProof.reached
        const all = { nickname: true, avatar: true, phone: true, now_ms }
        const withdrawing = b.withdrawData({ user_id: claimant, ...all })
        await Promise.race([withdrawing, setTimeout(60)])
        atProof.goOn()
        await atEnd.reached
        const claimed = trySignIn(b, claiming('one'))
        await Promise.race([claimed, setTimeout(60)])
        atEnd.goOn()
        expect(await Promise.all([proving, claimed])).toEqual(['changed', 'taken'])
        await withdrawing
        expect(await findByPhone(b, 'one')).toBe(user_id)
        expect(await findByClaim(b, 'one')).toBeUndefined()
      },
    )

    it('no pair is left of a holder who is erased while it is queued', async () => {
      const { user_id: holder_id } = await signIn(b, { wechat: union, unionid: 'claim' })
      const { user_id } = await signIn(b, { wechat: { app_id: 'other' } })
      await b.deleteUser({ id: holder_id, now_ms, gone_at: now_ms })
      const wechat = { app_id: 'other', ...union }
      const conflict = { id: b.newId(), holder_id }
      const [, erased] = await interleave(
        'insert into conflicts',
        (store) => trySignIn(store, { user_id, identity: 'known', wechat, conflict }),
        () => b.eraseUser({ id: holder_id, now_ms }),
      )
      expect(erased).toBe(true)
      expect(await b.listConflicts({ limit: 10 })).toEqual([])
    })

    it('[SE-8] a session of who is not active does not rotate, even one that was left alive', async () => {
      const { user_id, session_id: id } = await signIn(b)
      await run(nodes.a, `update users set status = 'disabled' where id = ${user_id}`)
      const rotation = { id, generation: 0, now_ms, idle_expires_at: start + dayMs }
      expect(await b.rotateSession(rotation)).toBe('not_rotated')
    })

    const gifts = {
      async identity(store: Store, user_id: number) {
        const wechat = { ...keyOf({ app_id: 'new' }), session_key: Uint8Array.of(1) }
        await store.linkIdentity({ user_id, now_ms, wechat })
      },
      async phone(store: Store, user_id: number) {
        await store.changePhone({ user_id, phone: phone('one') })
      },
      async password(store: Store, user_id: number) {
        await store.setPassword({ user_id, password: '$new', replaces: null })
      },
      async preferences(store: Store, user_id: number) {
        await store.setPreferences({ user_id, document: '{}', replaces: 0, now_ms })
      },
    }
    it.each([
      ['identity', 'insert into identities'],
      ['phone', 'insert into unverified_phone_indexes'],
      ['password', 'update users set password'],
      ['preferences', 'insert into preferences'],
    ] as const)('a new %s of a user who is merged in the midst goes along', async (gift, words) => {
      const { user_id: from_id } = await signIn(b)
      const { user_id: into_id } = await signIn(b, { wechat: { app_id: 'other' } })
      const [, merged] = await interleave(
        words,
        (store) => gifts[gift](store, from_id),
        () => b.mergeUsers({ id: b.newId(), from_id, into_id, now_ms, gone_at }),
      )
      expect(merged).toBe('merged')
      const held = {
        identity: (await find(b, { app_id: 'new' })).byOpenid?.id === into_id,
        phone: (await findByPhone(b, 'one')) === into_id,
        password: (await b.findPassword(into_id)) === '$new',
        preferences: (await b.findPreferences(into_id)) !== undefined,
      }
      expect(held[gift]).toBe(true)
    })

    it('a merge is not undone by whoever read of it before it was undone and done again', async () => {
      const { user_id: from_id } = await signIn(b)
      const { user_id: into_id } = await signIn(b, { wechat: { app_id: 'other' } })
      const merge = () => {
        const id = b.newId()
        return b.mergeUsers({ id, from_id, into_id, now_ms, gone_at }).then(() => id)
      }
      const id = await merge()
      const [late] = await interleave(
        kind === 'mysql' ? 'update users set held' : 'select users.id',
        (store) => store.undoMerge({ id, now_ms }),
        async () => {
          expect(await b.undoMerge({ id, now_ms })).toBe('undone')
          await merge()
        },
      )
      expect(late).toBe('not_found')
      expect((await b.findUser(from_id))?.status).toBe('merged')
    })

    it('nothing comes to lead to a user who is being erased', async () => {
      const { user_id } = await signIn(b)
      await b.deleteUser({ id: user_id, now_ms, gone_at: now_ms })
      const wechat = { ...keyOf({ app_id: 'other' }), session_key: Uint8Array.of(1) }
      const [erased, ...rest] = await interleave(
        'delete from users',
        (store) => store.eraseUser({ id: user_id, now_ms }),
        () =>
          Promise.all([
            b.linkIdentity({ user_id, now_ms, wechat }),
            b.changePhone({ user_id, phone: phone('one') }),
            b.setPreferences({ user_id, document: '{}', replaces: 0, now_ms }),
            b.setPassword({ user_id, password: '$', replaces: null }),
            trySignIn(b, { user_id, user: 'restore', identity: 'known' }),
          ]),
      )
      expect([erased, ...rest.flat()]).toEqual([
        true,
        'user_not_active',
        'user_not_active',
        'changed',
        'not_set',
        'taken',
      ])
      expect((await find(b, { app_id: 'other' })).byOpenid).toBeUndefined()
      expect(await findByPhone(b, 'one')).toBeUndefined()
      expect(await b.findPreferences(user_id)).toBeUndefined()
    })

    it('of two who merge a pair into each other one does', async () => {
      const { user_id: one } = await signIn(b)
      const { user_id: other } = await signIn(b, { wechat: { app_id: 'other' } })
      const merge = (store: Store, from_id: number, into_id: number) =>
        store.mergeUsers({ id: b.newId(), from_id, into_id, now_ms, gone_at })
      const outcomes = await interleave(
        'update identities',
        (store) => merge(store, one, other),
        () => merge(b, other, one),
      )
      expect(outcomes).toEqual(['merged', 'not_found'])
      expect(await b.listIdentities(other)).toHaveLength(2)
    })

    it('an identity that is linked in the midst of a merge is nobody’s twice', async () => {
      const { user_id: from } = await signIn(b)
      const { user_id: into } = await signIn(b, { wechat: { app_id: 'other' } })
      const wechat = { ...keyOf({ openid: 'second' }), session_key: Uint8Array.of(1) }
      const outcomes = await interleave(
        'update identities',
        (store) =>
          store.mergeUsers({ id: b.newId(), from_id: from, into_id: into, now_ms, gone_at }),
        () => b.linkIdentity({ user_id: into, now_ms, wechat }),
      )
      expect(outcomes).toEqual(['merged', 'taken'])
    })

    it('a password that was changed in the midst of withdrawing stays withdrawn', async () => {
      const { user_id } = await signIn(b, claiming('one'))
      const password = await b.findPassword(user_id)
      const [, set] = await interleave(
        'update users set password',
        (store) =>
          store.withdrawData({ user_id, nickname: false, avatar: false, phone: true, now_ms }),
        () => b.setPassword({ user_id, password: '$new', replaces: password ?? '' }),
      )
      expect(set).toBe('not_set')
      expect(await b.findPassword(user_id)).toBeUndefined()
    })

    it('who is merged in the midst of withdrawing is withdrawn whole or not at all', async () => {
      const { user_id: into_id } = await signIn(b, { phone: phone('own') })
      const { user_id: from_id } = await signIn(b, {
        wechat: { app_id: 'other' },
        phone: phone('one'),
      })
      const phoneOnly = { nickname: false, avatar: false, phone: true, now_ms }
      const [, merged] = await interleave(
        'delete from phone_indexes',
        (store) => store.withdrawData({ user_id: into_id, ...phoneOnly }),
        () => b.mergeUsers({ id: b.newId(), from_id, into_id, now_ms, gone_at }),
      )
      expect(merged).toBe('merged')
      const isKept = (await b.findUser(from_id))?.phone !== null
      expect(await findByPhone(b, 'one')).toBe(isKept ? into_id : undefined)
    })

    it('a writer that wakes up late commits no event with an old number', async () => {
      const { user_id, session_id: id } = await signIn(b)
      const late = pauseBefore(nodes.open({}, { clock }), 'insert into events')
      const store = createSqlStore(late.database, clock, chances.a)
      const told = event(store, { kind: 'late', user_id })
      const ending = store.endSession({ id, ...endsAll, event: told })
      await late.reached
      clock.advance(b.settleMs)
      const walked = await b.listEvents({ limit: 10 })
      await b.addEvent(event(b, { kind: 'next', at: clock.now() }))
      late.goOn()
      expect(await ending).toBe(true)
      expect(walked.map(({ kind }) => kind)).toEqual(['signed_in'])
      const found = (await b.listEvents({ limit: 10 })).find((each) => each.kind === 'late')
      expect(timeOfId(found?.id ?? 0)).toBe(clock.now())
      expect(found?.at).toBe(clock.now())
    })

    it('a writer that the server gave up waiting for begins anew', async () => {
      const { user_id, session_id: id } = await signIn(b)
      const asleep = pauseBefore(nodes.a, 'insert into events')
      const store = createSqlStore(asleep.database, clock, chances.a)
      const ending = store.endSession({ id, ...endsAll, event: event(store, { user_id }) })
      await asleep.reached
      // Three seconds, and the server ends it: whoever waits for its rows goes on.
      expect(await b.endSession({ id, ...endsAll, now_ms: now_ms + 1 })).toBe(true)
      asleep.goOn()
      expect(await ending).toBe(false)
    })

    it('everybody gets an ordinary outcome where many act on the same few users', async () => {
      const stores = [createSqlStore(nodes.a, clock, chances.a), b]
      const users = await Promise.all(
        [1, 2, 3].map((n) => signIn(b, { wechat: { openid: `openid ${n}` } })),
      )
      const acts = Array.from({ length: 120 }, (_, n) => {
        const store = stores[n % 2] ?? b
        const index = n % users.length
        const { user_id = 0, session_id: id = 0 } = users[index] ?? {}
        switch (n % 5) {
          case 0:
            return store.rotateSession({
              id,
              generation: 0,
              now_ms,
              idle_expires_at: start + dayMs,
            })
          case 1: {
            const wechat = { ...keyOf({ app_id: `app ${n}` }), session_key: Uint8Array.of(1) }
            return store.linkIdentity({ user_id, now_ms, wechat })
          }
          case 2:
            return store.changePhone({ user_id, phone: phone('shared') })
          default: {
            const wechat = { openid: `openid ${index + 1}` }
            return store.signIn(signInWrite(store, { user_id, identity: 'known', wechat }))
          }
        }
      })
      const outcomes = (await Promise.all(acts)).map((outcome) =>
        typeof outcome === 'string' ? outcome : 'rotated',
      )
      expect(outcomes.filter((outcome) => outcome === 'rotated')).toHaveLength(3)
      expect(outcomes.filter((outcome) => outcome === 'signed_in')).toHaveLength(48)
      const allowed = ['rotated', 'not_rotated', 'linked', 'changed', 'taken', 'signed_in']
      expect(outcomes.filter((outcome) => !allowed.includes(outcome))).toEqual([])
      const sessions = await run(nodes.a, 'select count(*) as n from sessions')
      expect(Number(sessions.rows[0]?.['n'])).toBe(51)
    })
  })
