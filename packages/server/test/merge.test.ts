import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  cloudEnv,
  dayMs,
  liHua,
  liHuasPhone,
  openAccounts,
  openAppId,
  outcome,
  password,
  phoneAppId,
  signedIn,
  wangFang,
  waysIn,
  type Accounts,
  type SignedInBody,
} from './support/accounts.ts'
import { makePng } from './support/pictures.ts'
import type { StoreKind } from './support/world.ts'

const otherApp = 'wx00000000000000aa'
const otherSecret = '0123456789abcdef0123456789abcdef'

describe.each<StoreKind>(['memory', 'sqlite'])('two users, on %s', (storeKind) => {
  let accounts: Accounts
  afterEach(() => accounts.close())

  const conflicts = () => accounts.auth.conflicts.list()
  const kinds = () => accounts.events.map(({ kind }) => kind)

  describe('who may be one person', () => {
    let here: SignedInBody
    let there: SignedInBody

    const bind = (open_platform: string | null) =>
      accounts.control('PATCH', `/emulator/apps/${openAppId}`, { open_platform })

    const signInThere = async () => {
      const code = await accounts.wxLogin(liHua, otherApp)
      return signedIn(await accounts.post('/v1/sign-in/wechat', { app_id: otherApp, code }))
    }

    beforeEach(async () => {
      accounts = await openAccounts({
        storeKind,
        apps: (seeded) => [
          ...seeded,
          { app_id: otherApp, secret: otherSecret, open_platform: 'open-platform-1' },
        ],
      })
      await accounts.control('POST', '/emulator/apps', {
        kind: 'mini_program',
        appid: otherApp,
        secret: otherSecret,
        open_platform: 'open-platform-1',
      })
      await bind(null)
      here = signedIn(await accounts.byWechat(liHua))
      there = await signInThere()
      await bind('open-platform-1')
    })

    it('wait for a merge when a late unionid shows it, and each sign-in goes on (R9)', async () => {
      expect(there.user.id).not.toBe(here.user.id)
      expect(await conflicts()).toEqual([])
      const again = signedIn(await accounts.byWechat(liHua))
      expect([again.user.id, again.is_new_user]).toEqual([here.user.id, false])
      expect(await conflicts()).toEqual([
        {
          id: expect.stringMatching(/^cnf_/) as unknown,
          user_id: here.user.id,
          holder_id: there.user.id,
          app_id: openAppId,
          created_at: new Date(accounts.clock.now()),
        },
      ])
      expect(accounts.events.slice(-2)).toMatchObject([
        { kind: 'signed_in', user_id: here.user.id, decision: 'conflict' },
        { kind: 'conflict_found', user_id: here.user.id, holder_id: there.user.id },
      ])
    })

    it('wait once, however often they sign in (R9)', async () => {
      for (let i = 0; i < 3; i++) {
        expect(signedIn(await accounts.byWechat(liHua)).user.id).toBe(here.user.id)
        expect((await signInThere()).user.id).toBe(there.user.id)
      }
      expect(accounts.events.filter(({ kind }) => kind === 'conflict_found')).toHaveLength(1)
      await Promise.all(Array.from({ length: 5 }, () => accounts.byWechat(liHua)))
      expect(await conflicts()).toHaveLength(1)
    })

    it('stay apart where an operator says so', async () => {
      signedIn(await accounts.byWechat(liHua))
      const [conflict] = await conflicts()
      const id = conflict?.id ?? ''
      expect(await accounts.auth.conflicts.dismiss(id)).toBe('dismissed')
      expect(await accounts.auth.conflicts.dismiss(id)).toBe('not_found')
      for (const odd of ['cnf_00000000000', 'nonsense', here.user.id]) {
        expect(await accounts.auth.conflicts.dismiss(odd)).toBe('not_found')
      }
      expect(await conflicts()).toEqual([])
      expect(accounts.events.at(-1)).toMatchObject({ kind: 'conflict_dismissed', conflict_id: id })
      expect(signedIn(await accounts.byWechat(liHua)).user.id).toBe(here.user.id)
      expect((await signInThere()).user.id).toBe(there.user.id)
      // For good: who was looked at is not put on the list again.
      expect(await conflicts()).toEqual([])
      expect(accounts.events.filter(({ kind }) => kind === 'conflict_found')).toHaveLength(1)
    })

    it('[WX-9] become one where an operator says so: both identities sign in to it (R12)', async () => {
      signedIn(await accounts.byWechat(liHua))
      const merged = await accounts.auth.users.merge({ from: here.user.id, into: there.user.id })
      expect(merged).toMatchObject({ outcome: 'merged' })
      expect(await conflicts()).toEqual([])
      expect(signedIn(await accounts.byWechat(liHua)).user.id).toBe(there.user.id)
      expect((await signInThere()).user.id).toBe(there.user.id)
      // The unionid is theirs now: nothing is left to be found.
      expect(await conflicts()).toEqual([])
      expect(accounts.events.at(-1)).toMatchObject({ kind: 'signed_in', decision: 'exists' })
    })

    it('pages through what waits', async () => {
      await bind(null)
      await accounts.byWechat(wangFang)
      const code = await accounts.wxLogin(wangFang, otherApp)
      await accounts.post('/v1/sign-in/wechat', { app_id: otherApp, code })
      await bind('open-platform-1')
      await accounts.byWechat(liHua)
      await accounts.byWechat(wangFang)
      const [first, second, ...more] = await conflicts()
      expect(more).toEqual([])
      expect(await accounts.auth.conflicts.list({ limit: 1 })).toEqual([first])
      expect(await accounts.auth.conflicts.list({ limit: 1, after: first?.id ?? '' })).toEqual([
        second,
      ])
    })
  })

  describe('merged', () => {
    let from: SignedInBody
    let into: SignedInBody
    let merge_id: string

    const undo = (id = merge_id) => accounts.auth.users.undoMerge(id)

    async function merge() {
      const merged = await accounts.auth.users.merge({ from: from.user.id, into: into.user.id })
      if (merged.outcome !== 'merged') throw new Error(merged.outcome)
      merge_id = merged.merge_id
    }

    /** The one has everything, the other another WeChat identity and a number. */
    beforeEach(async () => {
      accounts = await openAccounts({ storeKind, cloud: { env: cloudEnv } })
      from = signedIn(await accounts.byWechat(liHua))
      await accounts.setPhone(from, liHuasPhone)
      await accounts.setPassword(from)
      const send = { token: from.access_token }
      await accounts.send('PATCH', '/v1/me', { ...send, json: { nickname: '华' } })
      await accounts.send('PUT', '/v1/me/avatar', {
        ...send,
        body: makePng(4, 4),
        headers: { 'content-type': 'image/png' },
      })
      await accounts.send('PUT', '/v1/me/preferences', {
        ...send,
        json: { theme: 'dark' },
        headers: { 'if-match': '"0"' },
      })
      const phone = '+8613900139000'
      const ticket = await accounts.ticketOf(liHua)
      into = signedIn(await accounts.byOtp(phone, { ticket }))
    })

    const profile = async (who: SignedInBody) => {
      const { body } = await accounts.get('/v1/me', who.access_token)
      const preferences = await accounts.get('/v1/me/preferences', who.access_token)
      return { ...body, preferences: preferences.body }
    }

    it('name, picture, password and preferences go along, and the number that is there stays (R12)', async () => {
      const before = await profile(from)
      await merge()
      const both = signedIn(await accounts.byWechat(liHua))
      expect(both.user.id).toBe(into.user.id)
      expect(await profile(both)).toEqual({
        ...before,
        id: into.user.id,
        phone: into.user.phone,
        created_at: into.user.created_at,
      })
      expect(signedIn(await accounts.byPassword('+8613900139000')).user.id).toBe(into.user.id)
      expect(accounts.events.find(({ kind }) => kind === 'users_merged')).toEqual({
        kind: 'users_merged',
        merge_id,
        user_id: into.user.id,
        from_id: from.user.id,
      })
      expect(await accounts.auth.users.merges()).toEqual([
        {
          id: merge_id,
          from_id: from.user.id,
          into_id: into.user.id,
          created_at: expect.any(Date) as unknown,
          undone_at: null,
        },
      ])
    })

    it('sessions of the merged user end, those of the other go on', async () => {
      await merge()
      expect(outcome(await accounts.get('/v1/me', from.access_token))).toEqual([
        401,
        'session_ended',
      ])
      expect(outcome(await accounts.refresh(from))).toEqual([401, 'session_ended'])
      expect((await accounts.get('/v1/me', into.access_token)).status).toBe(200)
      expect((await accounts.refresh(into)).status).toBe(200)
    })

    it('two who each have an identity in one app are two people: same_app, and nothing changes', async () => {
      const other = signedIn(await accounts.byWechat(wangFang))
      const same = await accounts.auth.users.merge({ from: other.user.id, into: from.user.id })
      expect(same).toEqual({ outcome: 'same_app' })
      expect(signedIn(await accounts.byWechat(wangFang)).user.id).toBe(other.user.id)
      expect((await accounts.get('/v1/me', other.access_token)).status).toBe(200)
      expect(kinds()).not.toContain('users_merged')
    })

    it('nobody is merged with themselves, with nobody, or with one who may not come in', async () => {
      const id = from.user.id
      for (const odd of [id, 'usr_00000000000', 'nonsense', from.session_id]) {
        expect(await accounts.auth.users.merge({ from: id, into: odd })).toEqual({
          outcome: 'not_found',
        })
        expect(await accounts.auth.users.merge({ from: odd, into: id })).toEqual({
          outcome: 'not_found',
        })
      }
      await accounts.auth.users.disable(into.user.id)
      const names = { from: id, into: into.user.id }
      expect(await accounts.auth.users.merge(names)).toEqual({ outcome: 'not_found' })
      await accounts.auth.users.enable(into.user.id)
      await accounts.auth.users.delete(id)
      expect(await accounts.auth.users.merge(names)).toEqual({ outcome: 'not_found' })
    })

    it('[WX-9] is undone within thirty days: each is who they were, and signs in anew (R12)', async () => {
      const before = { from: await profile(from), into: await profile(into) }
      await merge()
      accounts.clock.advance(30 * dayMs - 1)
      await accounts.auth.tidy()
      const both = signedIn(await accounts.byWechat(liHua))
      const undone_at = accounts.clock.now()
      expect(await undo()).toBe('undone')
      expect(await undo()).toBe('not_found')
      expect((await accounts.get('/v1/me', both.access_token)).status).toBe(401)
      const one = signedIn(await accounts.byWechat(liHua))
      const other = signedIn(await accounts.byWechat(liHua, { app_id: phoneAppId }))
      expect(await profile(one)).toEqual(before.from)
      expect(await profile(other)).toEqual(before.into)
      expect(signedIn(await accounts.byPassword(liHuasPhone)).user.id).toBe(from.user.id)
      expect(outcome(await accounts.byPassword('+8613900139000'))).toEqual([401, 'password_wrong'])
      expect((await accounts.auth.users.merges())[0]?.undone_at).toEqual(new Date(undone_at))
      expect(kinds()).toContain('merge_undone')
    })

    it('[WX-9] is for good after thirty days, before and after it is tidied (R12)', async () => {
      await merge()
      accounts.clock.advance(30 * dayMs)
      expect(await undo()).toBe('not_found')
      await accounts.auth.tidy()
      expect(await undo()).toBe('not_found')
      for (const odd of ['mrg_00000000000', 'nonsense', from.user.id]) {
        expect(await undo(odd)).toBe('not_found')
      }
      expect(signedIn(await accounts.byWechat(liHua)).user.id).toBe(into.user.id)
      expect(signedIn(await accounts.byWechat(liHua, { app_id: phoneAppId })).user.id).toBe(
        into.user.id,
      )
    })

    it('deleting the account that is left takes the merged one along', async () => {
      await merge()
      await accounts.auth.users.delete(into.user.id)
      accounts.clock.advance(7 * dayMs)
      await accounts.auth.tidy()
      expect(signedIn(await accounts.byWechat(liHua)).is_new_user).toBe(true)
      expect(await undo()).toBe('not_found')
      expect(await accounts.auth.users.merges()).toEqual([])
    })

    it('[WX-11] the merged user’s id is nobody’s to disable, enable, delete or restore', async () => {
      await merge()
      const { users } = accounts.auth
      for (const act of [users.disable, users.enable, users.delete, users.restore]) {
        expect(await act(from.user.id)).toBe('not_found')
      }
      expect(signedIn(await accounts.byWechat(liHua)).user.id).toBe(into.user.id)
      const again = await users.merge({ from: from.user.id, into: into.user.id })
      expect(again).toEqual({ outcome: 'not_found' })
    })

    it('two merges of one user at once: one is done', async () => {
      const third = signedIn(await accounts.byOtp('+8613900139111'))
      const outcomes = await Promise.all(
        [into, third].map(({ user }) =>
          accounts.auth.users.merge({ from: from.user.id, into: user.id }),
        ),
      )
      expect(outcomes.map(({ outcome: each }) => each).sort()).toEqual(['merged', 'not_found'])
      expect(await accounts.auth.users.merges()).toHaveLength(1)
    })
  })

  describe('every way in, by what has become of the user (R1)', () => {
    let me: SignedInBody
    beforeEach(async () => {
      accounts = await openAccounts({ storeKind, cloud: { env: cloudEnv } })
      me = await accounts.openWholeAccount()
    })

    const isIn = (reply: { body: Record<string, unknown> }) => {
      const { user } = reply.body as { user?: { id: string } }
      return user?.id
    }

    it('[WX-11] an active user comes in by each', async () => {
      for (const { way, enter } of waysIn) {
        expect([way, isIn(await enter(accounts))]).toEqual([way, me.user.id])
      }
    })

    it('[WX-11] a disabled one by none', async () => {
      await accounts.auth.users.disable(me.user.id)
      for (const { way, enter } of waysIn) {
        expect([way, ...outcome(await enter(accounts))]).toEqual([way, 403, 'user_disabled'])
      }
      expect(outcome(await accounts.refresh(me))).toEqual([403, 'user_disabled'])
    })

    it('[WX-11] a deleted one by none', async () => {
      await accounts.auth.users.delete(me.user.id)
      for (const { way, enter } of waysIn) {
        expect([way, ...outcome(await enter(accounts))]).toEqual([way, 403, 'user_deleted'])
      }
      expect(outcome(await accounts.refresh(me))).toEqual([401, 'session_ended'])
    })

    it('[WX-11] a merged one by none: each leads to the other user', async () => {
      const other = signedIn(await accounts.byOtp('+8613900139000'))
      const merged = await accounts.auth.users.merge({ from: me.user.id, into: other.user.id })
      expect(merged.outcome).toBe('merged')
      for (const { way, enter } of waysIn.filter(({ way: each }) => /WeChat|cloud/.test(each))) {
        expect([way, isIn(await enter(accounts))]).toEqual([way, other.user.id])
      }
      // The number that was let go of is a stranger’s.
      expect(outcome(await accounts.byPassword(liHuasPhone, password))).toEqual([
        401,
        'password_wrong',
      ])
      const stranger = signedIn(await accounts.byOtp(liHuasPhone))
      expect(stranger.is_new_user).toBe(true)
      expect(outcome(await accounts.refresh(me))).toEqual([401, 'session_ended'])
    })
  })
})
