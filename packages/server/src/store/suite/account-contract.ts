import { deepEqual, equal, notEqual, ok } from 'node:assert/strict'
import type { Store, WechatKey } from '../store.ts'
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
  start,
  trySignIn,
  union,
} from './builders.ts'
import { contractTest, type ContractTest } from './contract-test.ts'

const keyBytes = async (store: Store, key: { app_id: string; openid: string }) => {
  const session_key = await store.findSessionKey(key)
  return session_key && [...session_key]
}

const link = (store: Store, user_id: number, wechat: Partial<WechatKey>) =>
  store.linkIdentity({
    user_id,
    now_ms: start,
    wechat: { ...keyOf(wechat), session_key: Uint8Array.of(1) },
    event: event(store, { kind: 'linked', user_id }),
  })

const unlink = (store: Store, user_id: number, app_id: string) =>
  store.unlinkIdentity({
    user_id,
    app_id,
    now_ms: start + 1,
    event: event(store, { kind: 'unlinked', user_id }),
  })

/** Each way for a user to be active no more. */
const leaves = {
  disabled: (store: Store, id: number) =>
    store.setUserStatus({ id, status: 'disabled', now_ms: start }),
  deleted: (store: Store, id: number) =>
    store.deleteUser({ id, now_ms: start, gone_at: start + dayMs }),
  async merged(store: Store, from_id: number) {
    const { user_id: into_id } = await signIn(store, { wechat: null })
    const write = { id: store.newId(), from_id, into_id, now_ms: start, gone_at: start + dayMs }
    return store.mergeUsers(write)
  },
  async erased(store: Store, id: number) {
    await store.deleteUser({ id, now_ms: start, gone_at: start })
    return store.eraseUser({ id, now_ms: start })
  },
}

const noted = (store: Store, user_id: number, version: number, document: string) =>
  store.setPreferences({ user_id, document, replaces: version, now_ms: start })

/** What a user keeps of themselves: profile, pictures, identities, numbers, preferences. */
export const accountContract: readonly ContractTest<Store>[] = [
  contractTest(
    'newId gives safe whole numbers, each greater than those before',
    async ({ a, b }) => {
      for (const store of [a, b]) {
        const ids = Array.from({ length: 5000 }, () => store.newId())
        ok(ids.every((id, i) => Number.isSafeInteger(id) && id > (ids[i - 1] ?? 0)))
      }
    },
  ),

  contractTest('a sign-in never makes a user under an id that is taken', async ({ a, b }) => {
    const { user_id } = await signIn(a)
    await refuse(a, [user_id], 'taken', () =>
      trySignIn(b, { user_id, user: 'make', wechat: { openid: 'two' }, phone: phone('two') }),
    )
    equal((await find(a, { openid: 'two' })).byOpenid, undefined)
    equal(await findByPhone(a, 'two'), undefined)
  }),

  contractTest('a sign-in never opens a session under an id that is taken', async ({ a, b }) => {
    const { user_id, session_id } = await signIn(a)
    const write = { wechat: { openid: 'two' }, session: { id: session_id } }
    await refuse(a, [user_id], 'taken', () => trySignIn(b, write))
    equal((await find(a, { openid: 'two' })).byOpenid, undefined)
  }),

  contractTest(
    'a sign-in without a session_key leaves the one that is stored',
    async ({ a, b }) => {
      const { user_id } = await signIn(a)
      await signIn(b, { user_id, identity: 'known', session_key: null })
      deepEqual(await keyBytes(a, keyOf()), [1, 2, 3])
      await refuse(a, [user_id], 'taken', () =>
        trySignIn(b, { user_id, identity: 'known', wechat: { openid: 'x' }, session_key: null }),
      )
    },
  ),

  contractTest(
    'an identity that came without a session_key has none until one comes',
    async ({ a, b }) => {
      const { user_id } = await signIn(a, { session_key: null })
      equal(await b.findSessionKey(keyOf()), undefined)
      await signIn(b, { user_id, identity: 'known', session_key: Uint8Array.of(7) })
      deepEqual(await keyBytes(a, keyOf()), [7])
    },
  ),

  contractTest('a newer session_key is kept for the identity’s own user only', async ({ a, b }) => {
    const one = await signIn(a)
    const two = await signIn(a, { wechat: { openid: 'two' } })
    const key = { app_id: 'app', openid: 'openid', now_ms: start + 5 }
    const session_key = Uint8Array.of(8)
    equal(await b.keepSessionKey({ ...key, user_id: two.user_id, session_key }), false)
    deepEqual(await keyBytes(a, key), [1, 2, 3])
    const unknown = { ...key, openid: 'unknown', user_id: one.user_id, session_key }
    equal(await b.keepSessionKey(unknown), false)
    equal(await a.findSessionKey(unknown), undefined)
    equal(await b.keepSessionKey({ ...key, user_id: one.user_id, session_key }), true)
    deepEqual(await keyBytes(a, key), [8])
  }),

  contractTest(
    '[WX-8] a unionid that arrives late becomes the user’s who signs in',
    async ({ a, b }) => {
      const { user_id } = await signIn(a)
      deepEqual(await a.listUnionids(user_id), [])
      await signIn(b, { user_id, identity: 'known', unionid: 'claim', wechat: union })
      deepEqual(
        (await a.listUnionids(user_id)).map((each) => ({ ...each })),
        [union],
      )
      equal((await find(a, { app_id: 'other', openid: 'new', ...union })).byUnionid?.id, user_id)
    },
  ),

  contractTest('a unionid that somebody holds is never taken from them', async ({ a, b }) => {
    const holder = await signIn(a, { unionid: 'claim', wechat: { openid: 'one', ...union } })
    const late = await signIn(a, { wechat: { openid: 'two' } })
    const users = [holder.user_id, late.user_id]
    const claim = { identity: 'known', unionid: 'claim', session_key: Uint8Array.of(9) } as const
    await refuse(a, users, 'taken', () =>
      trySignIn(b, { ...claim, user_id: late.user_id, wechat: { openid: 'two', ...union } }),
    )
    await refuse(a, users, 'taken', () =>
      link(b, late.user_id, { app_id: 'other', openid: 'three', ...union }),
    )
    equal((await find(a, { app_id: 'other', openid: 'three' })).byOpenid, undefined)
  }),

  contractTest(
    'unlinking frees the unionid that no other identity of the user has',
    async ({ a, b }) => {
      const { user_id } = await signIn(a, { unionid: 'claim', wechat: union, phone: phone('one') })
      equal(await link(a, user_id, { app_id: 'other', openid: 'two', ...union }), 'linked')
      equal(await unlink(b, user_id, 'app'), 'unlinked')
      equal((await find(a, union)).byUnionid?.id, user_id)
      equal(await unlink(b, user_id, 'other'), 'unlinked')
      deepEqual(await a.listUnionids(user_id), [])
      const next = await signIn(a, { unionid: 'claim', wechat: union })
      notEqual(next.user_id, user_id)
      equal((await find(b, union)).byUnionid?.id, next.user_id)
    },
  ),

  contractTest(
    'unlinking leaves a unionid that came with another identity later',
    async ({ a, b }) => {
      const { user_id } = await signIn(a, { unionid: 'claim', wechat: union })
      const other = { app_id: 'other', openid: 'two' }
      await signIn(a, { user_id, wechat: other })
      // It is the user's already, so that it is not claimed again.
      await signIn(b, { user_id, identity: 'known', wechat: { ...other, ...union } })
      equal(await unlink(b, user_id, 'app'), 'unlinked')
      equal((await find(a, { ...other, ...union })).byUnionid?.id, user_id)
    },
  ),

  contractTest(
    'unlinking leaves the unionids of other Open Platform accounts',
    async ({ a, b }) => {
      const { user_id } = await signIn(a, { unionid: 'claim', wechat: union })
      const elsewhere = { open_platform: 'another', unionid: union.unionid }
      await link(a, user_id, { app_id: 'other', openid: 'two', ...elsewhere })
      equal(await unlink(b, user_id, 'other'), 'unlinked')
      deepEqual(
        (await a.listUnionids(user_id)).map((each) => ({ ...each })),
        [union],
      )
    },
  ),

  contractTest('an identity whose unlinking is refused stays as it was', async ({ a, b }) => {
    const { user_id } = await signIn(a, { unionid: 'claim', wechat: union })
    await refuse(a, [user_id], 'last_way_in', () => unlink(b, user_id, 'app'))
    await refuse(a, [user_id], 'not_found', () => unlink(b, user_id, 'other'))
  }),

  contractTest('[WX-11] nothing new leads to a user who is not active', async ({ a, b }) => {
    for (const [status, leave] of Object.entries(leaves)) {
      const own = { app_id: status, openid: 'own' }
      const { user_id } = await signIn(a, { wechat: own, phone: phone(`${status} 1`) })
      const password = '$argon2id$one'
      await a.setPassword({ user_id, password, replaces: null })
      await leave(a, user_id)
      const readers: readonly [string, () => Promise<unknown>][] = [
        ['user_not_active', () => link(b, user_id, { app_id: 'other', openid: status, ...union })],
        [
          'user_not_active',
          () => b.changePhone({ user_id, phone: phone(status), event: event(b, { kind: 'no' }) }),
        ],
        ['not_set', () => b.setPassword({ user_id, password: '$two', replaces: password })],
        ['not_set', () => b.setPassword({ user_id, password: '$two', replaces: null })],
        ['changed', () => noted(b, user_id, 0, '{}')],
      ]
      for (const [outcome, step] of readers) await refuse(a, [user_id], outcome, step)
      equal(await findByPhone(a, status), undefined)
      const found = await find(a, { app_id: 'other', openid: status, ...union })
      equal(found.byOpenid ?? found.byUnionid, undefined)
      equal(await a.findPreferences(user_id), undefined)
    }
  }),

  contractTest(
    '(R7) a number that was claimed finds its user, and is no proven one',
    async ({ a, b }) => {
      const { user_id } = await signIn(a, claiming('one', 'one-old'))
      for (const index of ['one', 'one-old']) {
        equal(await findByClaim(b, index), user_id)
        equal(await findByPhone(b, index), undefined)
      }
      const user = await b.findUser(user_id)
      deepEqual([user?.phone, user?.phone_index], [null, null])
      const claimed = await b.findUnverifiedPhone(user_id)
      equal(claimed?.phone_index, 'one')
      deepEqual(Buffer.from(claimed?.phone ?? []), Buffer.from('sealed one'))
      equal(await b.findPassword(user_id), '$argon2id$of one')
      const { user_id: other } = await signIn(a)
      equal(await b.findUnverifiedPhone(other), undefined)
    },
  ),

  contractTest(
    '(R7) of two who claim one number at once one is told taken, and is not made',
    async ({ a, b }) => {
      const outcomes = await Promise.all(
        [a, b, a, b].map((store, i) => trySignIn(store, claiming('shared', `own ${i}`))),
      )
      deepEqual(outcomes.sort(), ['signed_in', 'taken', 'taken', 'taken'])
      const claimants = await Promise.all([0, 1, 2, 3].map((i) => findByClaim(a, `own ${i}`)))
      equal(claimants.filter(Boolean).length, 1)
      equal(await findByClaim(a, 'shared'), claimants.find(Boolean))
      equal((await kindsOf(a)).length, 1)
    },
  ),

  contractTest('(R7) a number that somebody has proven cannot be claimed', async ({ a, b }) => {
    const { user_id } = await signIn(a, { phone: phone('one', 'one-old') })
    await refuse(a, [user_id], 'taken', () => trySignIn(b, claiming('new', 'one-old')))
    equal(await findByClaim(a, 'new'), undefined)
  }),

  contractTest(
    '(R7) whoever proves a number takes it, with its password, from who claimed it',
    async ({ a, b }) => {
      const proofs = {
        bySignIn: (index: string) =>
          signIn(b, { wechat: { openid: index }, phone: phone('newer', index) }),
        async byChange(index: string) {
          const prover = await signIn(b, { wechat: { openid: index } })
          const write = { user_id: prover.user_id, phone: phone(index) }
          equal(await b.changePhone(write), 'changed')
          return prover
        },
      }
      for (const [name, prove] of Object.entries(proofs)) {
        const claimant = await signIn(a, claiming(name))
        const bystander = await signIn(a, claiming(`${name} of another`))
        const prover = await prove(name)
        equal(await findByPhone(a, name), prover.user_id)
        equal(await findByClaim(a, name), undefined)
        equal(await a.findUnverifiedPhone(claimant.user_id), undefined)
        equal(await a.findPassword(claimant.user_id), undefined)
        equal(await findByClaim(a, `${name} of another`), bystander.user_id)
        ok(await a.findPassword(bystander.user_id))
      }
    },
  ),

  contractTest(
    '(R7) who proves the number that they claimed keeps its password',
    async ({ a, b }) => {
      const { user_id } = await signIn(a, claiming('one'))
      equal(await b.changePhone({ user_id, phone: phone('one') }), 'changed')
      equal(await findByPhone(a, 'one'), user_id)
      equal(await findByClaim(a, 'one'), undefined)
      equal(await a.findUnverifiedPhone(user_id), undefined)
      equal(await a.findPassword(user_id), '$argon2id$of one')
    },
  ),

  contractTest(
    '(R7) a claim and a proof of one number at once leave it proven',
    async ({ a, b }) => {
      for (let round = 0; round < 10; round++) {
        const index = `round ${round}`
        const [claimed, proven] = await Promise.all([
          trySignIn(a, claiming(index)),
          trySignIn(b, { wechat: { openid: index }, phone: phone(index) }),
        ])
        equal(proven, 'signed_in')
        ok(claimed === 'signed_in' || claimed === 'taken')
        ok(await findByPhone(a, index))
        equal(await findByClaim(a, index), undefined)
      }
    },
  ),

  contractTest(
    'a change of number that is refused leaves both users as they were',
    async ({ a, b }) => {
      const one = await signIn(a, { wechat: { openid: 'one' }, phone: phone('one', 'one-old') })
      const two = await signIn(a, { wechat: { openid: 'two' }, phone: phone('two') })
      await refuse(a, [one.user_id, two.user_id], 'taken', () =>
        b.changePhone({
          user_id: two.user_id,
          phone: phone('free', 'one-old'),
          event: event(b, { kind: 'phone_changed' }),
        }),
      )
      equal(await findByPhone(a, 'free'), undefined)
      equal(await findByPhone(a, 'two'), two.user_id)
    },
  ),

  contractTest('of two who change to one number at once exactly one has it', async ({ a, b }) => {
    const one = await signIn(a, { wechat: { openid: 'one' } })
    const two = await signIn(a, { wechat: { openid: 'two' } })
    const outcomes = await Promise.all([
      a.changePhone({ user_id: one.user_id, phone: phone('new', 'shared') }),
      b.changePhone({ user_id: two.user_id, phone: phone('shared') }),
    ])
    deepEqual(outcomes.toSorted(), ['changed', 'taken'])
    const owner = outcomes[0] === 'changed' ? one : two
    const loser = outcomes[0] === 'changed' ? two : one
    equal(await findByPhone(a, 'shared'), owner.user_id)
    equal((await a.findUser(loser.user_id))?.phone, null)
  }),

  contractTest(
    'a profile is changed in what is named, and only for who is active',
    async ({ a, b }) => {
      const { user_id } = await signIn(a)
      const write = { user_id, now_ms: start + 1 }
      const named = await b.changeProfile({ ...write, nickname: '小明 🐼' })
      deepEqual([named?.nickname, named?.avatar], ['小明 🐼', null])
      const shown = await b.changeProfile({ ...write, avatar: 'one.png' })
      deepEqual([shown?.nickname, shown?.avatar], ['小明 🐼', 'one.png'])
      deepEqual({ ...(await a.findUser(user_id)) }, { ...shown })
      equal((await b.changeProfile({ ...write, nickname: null }))?.nickname, null)
      equal((await a.findUser(user_id))?.avatar, 'one.png')

      const late = () =>
        b.changeProfile({
          ...write,
          nickname: 'late',
          avatar: 'late.png',
          event: event(b, { kind: 'profile_changed' }),
        })
      await a.setUserStatus({ id: user_id, status: 'disabled', now_ms: start })
      await a.addLooseBlob({ name: 'late.png', at: start })
      await refuse(a, [user_id], undefined, late)
      equal(await b.changeProfile({ ...write, user_id: 12345, nickname: 'nobody' }), undefined)
    },
  ),

  contractTest('a picture is loose from its time on, until a user has it', async ({ a, b }) => {
    const loose = (now_ms: number, limit = 10) => b.listLooseBlobs({ now_ms, limit })
    await a.addLooseBlob({ name: 'one.png', at: start + 5 })
    await a.addLooseBlob({ name: 'two.png', at: start + 6 })
    deepEqual(await loose(start + 4), [])
    deepEqual(await loose(start + 5), ['one.png'])
    deepEqual(await loose(start + 6, 1), ['one.png'])
    // Announced again, it does not get more time.
    await a.addLooseBlob({ name: 'one.png', at: start + 50 })
    deepEqual(await loose(start + 6), ['one.png', 'two.png'])

    const { user_id } = await signIn(a)
    await a.changeProfile({ user_id, avatar: 'one.png', now_ms: start + 7 })
    deepEqual(await loose(start + dayMs), ['two.png'])
    await a.changeProfile({ user_id, avatar: 'two.png', now_ms: start + 8 })
    deepEqual(await loose(start + 7), [])
    deepEqual(await loose(start + 8), ['one.png'])
    await a.changeProfile({ user_id, avatar: null, now_ms: start + 9 })
    deepEqual((await loose(start + 9)).toSorted(), ['one.png', 'two.png'])
    await a.removeLooseBlob('one.png')
    await a.removeLooseBlob('unknown.png')
    deepEqual(await loose(start + dayMs), ['two.png'])
  }),

  contractTest('a picture that a user has, and is given again, is not loose', async ({ a, b }) => {
    const { user_id } = await signIn(a)
    for (const store of [a, b]) {
      await store.changeProfile({ user_id, avatar: 'one.png', now_ms: start })
    }
    deepEqual(await a.listLooseBlobs({ now_ms: start + dayMs, limit: 10 }), [])
  }),

  contractTest(
    'of two pictures that are given at once the one that lost is loose',
    async ({ a, b }) => {
      const { user_id } = await signIn(a)
      await Promise.all(
        [a, b].map(async (store, i) => {
          await store.addLooseBlob({ name: `${i}.png`, at: start + dayMs })
          return store.changeProfile({ user_id, avatar: `${i}.png`, now_ms: start })
        }),
      )
      const { avatar } = (await a.findUser(user_id)) ?? {}
      const lost = ['0.png', '1.png'].filter((name) => name !== avatar)
      equal(lost.length, 1)
      deepEqual(await a.listLooseBlobs({ now_ms: start + 2 * dayMs, limit: 10 }), lost)
    },
  ),

  contractTest('preferences replace only the version that was read', async ({ a, b }) => {
    const { user_id } = await signIn(a)
    equal(await a.findPreferences(user_id), undefined)
    equal(await noted(a, user_id, 1, '{}'), 'changed')
    equal(await noted(a, user_id, 0, '{"n":1}'), 'set')
    deepEqual({ ...(await b.findPreferences(user_id)) }, { document: '{"n":1}', version: 1 })
    await refuse(a, [user_id], 'changed', () => noted(b, user_id, 0, '{"n":2}'))
    equal(await noted(b, user_id, 1, '{"n":"二"}'), 'set')
    deepEqual({ ...(await a.findPreferences(user_id)) }, { document: '{"n":"二"}', version: 2 })
    await refuse(a, [user_id], 'changed', () => noted(b, user_id, 1, '{"n":3}'))
  }),

  contractTest('of many who write preferences at once exactly one does', async ({ a, b }) => {
    const { user_id } = await signIn(a)
    for (const version of [0, 1, 2]) {
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, i) => noted(i % 2 ? a : b, user_id, version, `{"n":${i}}`)),
      )
      const winner = outcomes.indexOf('set')
      equal(outcomes.filter((outcome) => outcome === 'set').length, 1)
      const held = { document: `{"n":${winner}}`, version: version + 1 }
      deepEqual({ ...(await a.findPreferences(user_id)) }, held)
    }
  }),

  contractTest(
    '[PI-2] what is withdrawn is gone: name, picture, number with its password',
    async ({ a, b }) => {
      const { user_id } = await signIn(a, { phone: phone('one', 'one-old') })
      await a.setPassword({ user_id, password: '$argon2id$', replaces: null })
      await a.changeProfile({ user_id, nickname: 'name', avatar: 'one.png', now_ms: start })
      const nothing = { user_id, nickname: false, avatar: false, phone: false, now_ms: start + 5 }

      await b.withdrawData({ ...nothing, nickname: true })
      const named = await a.findUser(user_id)
      deepEqual([named?.nickname, named?.avatar, named?.phone_index], [null, 'one.png', 'one'])
      await b.withdrawData({ ...nothing, avatar: true })
      equal((await a.findUser(user_id))?.avatar, null)
      deepEqual(await a.listLooseBlobs({ now_ms: start + 5, limit: 10 }), ['one.png'])
      ok(await a.findPassword(user_id))
      await b.withdrawData({ ...nothing, phone: true })
      const user = await a.findUser(user_id)
      deepEqual([user?.phone, user?.phone_index, user?.status], [null, null, 'active'])
      equal(await a.findPassword(user_id), undefined)
      const next = await signIn(a, { wechat: { openid: 'two' }, phone: phone('one-old') })
      equal(await findByPhone(a, 'one-old'), next.user_id)
      equal((await find(a)).byOpenid?.id, user_id)
    },
  ),

  contractTest('[PI-2] a claimed number is withdrawn as a proven one is', async ({ a, b }) => {
    const { user_id } = await signIn(a, claiming('one'))
    const all = { nickname: true, avatar: true, phone: true, now_ms: start }
    await b.withdrawData({ user_id, ...all })
    equal(await findByClaim(a, 'one'), undefined)
    equal(await a.findUnverifiedPhone(user_id), undefined)
    equal(await a.findPassword(user_id), undefined)
    await refuse(a, [user_id], undefined, () =>
      b.withdrawData({ ...all, user_id: 12345, event: event(b, { kind: 'data_withdrawn' }) }),
    )
  }),

  contractTest(
    '(R9) the pair over a unionid waits for a merge, once, and changes neither',
    async ({ a, b }) => {
      const holder = await signIn(a, { unionid: 'claim', wechat: { openid: 'one', ...union } })
      const late = await signIn(a, { wechat: { app_id: 'other', openid: 'two' } })
      const again = (store: Store, id: number) =>
        trySignIn(store, {
          user_id: late.user_id,
          identity: 'known',
          now_ms: start + 5,
          wechat: { app_id: 'other', openid: 'two', ...union },
          conflict: { id, holder_id: holder.user_id },
        })
      const ids = [a.newId(), a.newId()]
      deepEqual(await Promise.all(ids.map((id, i) => again(i ? a : b, id))), [
        'signed_in',
        'signed_in',
      ])
      const [conflict, ...more] = await a.listConflicts({ limit: 10 })
      deepEqual(more, [])
      ok(conflict && ids.includes(conflict.id))
      deepEqual(
        { ...conflict },
        {
          id: conflict.id,
          user_id: late.user_id,
          holder_id: holder.user_id,
          app_id: 'other',
          created_at: start + 5,
        },
      )
      equal((await find(a, union)).byUnionid?.id, holder.user_id)
      deepEqual(await a.listUnionids(late.user_id), [])
      equal((await a.listSessions({ user_id: late.user_id, now_ms: start + 5 })).length, 3)
    },
  ),

  contractTest(
    '(R9) no pair waits over a unionid that its holder has no more',
    async ({ a, b }) => {
      const holder = await signIn(a, { phone: phone('one'), unionid: 'claim', wechat: union })
      const late = await signIn(a, { wechat: { app_id: 'other' } })
      const conflict = { id: a.newId(), holder_id: holder.user_id }
      const write = {
        user_id: late.user_id,
        identity: 'known',
        wechat: { app_id: 'other', ...union },
        conflict,
      } as const
      const users = [holder.user_id, late.user_id]
      equal(await unlink(a, holder.user_id, 'app'), 'unlinked')
      await refuse(a, users, 'taken', () => trySignIn(b, write))
      await leaves.erased(a, holder.user_id)
      await refuse(a, users, 'taken', () => trySignIn(b, write))
    },
  ),

  contractTest(
    '(R9) pairs are listed oldest first, in parts, and dismissed once',
    async ({ a, b }) => {
      const ids = [a.newId(), a.newId(), a.newId()].toReversed()
      const pairs = new Map<number, { user_id: number; holder_id: number }>()
      for (const id of ids) {
        const mine = { open_platform: 'platform', unionid: `union ${id}` }
        const holder = await signIn(a, { unionid: 'claim', wechat: { openid: `${id}`, ...mine } })
        const late = await signIn(a, { wechat: { app_id: 'other', openid: `${id}` } })
        pairs.set(id, { user_id: late.user_id, holder_id: holder.user_id })
        await signIn(a, {
          user_id: late.user_id,
          identity: 'known',
          wechat: { app_id: 'other', openid: `${id}`, ...mine },
          conflict: { id, holder_id: holder.user_id },
        })
      }
      const list = async (query: { after?: number; limit: number }) =>
        (await b.listConflicts(query)).map(({ id }) => id)
      const [first = 0, second = 0, third = 0] = ids.toReversed()
      deepEqual(await list({ limit: 10 }), [first, second, third])
      deepEqual(await list({ limit: 2 }), [first, second])
      deepEqual(await list({ after: first, limit: 1 }), [second])
      deepEqual(await list({ after: third, limit: 1 }), [])

      const dismiss = (store: Store) =>
        store.dismissConflict({
          id: second,
          now_ms: start,
          event: event(store, { kind: 'dismissed' }),
        })
      const outcomes = await Promise.all([dismiss(a), dismiss(b)])
      equal(outcomes.filter(Boolean).length, 1)
      deepEqual(await list({ limit: 10 }), [first, third])
      equal((await kindsOf(a)).filter((kind) => kind === 'dismissed').length, 1)
      await refuse(a, [], false, () => dismiss(b))
      const pairOf = (id: number) => pairs.get(id) ?? { user_id: 0, holder_id: 0 }
      for (const id of ids) equal(await b.hasConflict(pairOf(id)), true)
      const { user_id: one, holder_id: other } = pairOf(first)
      equal(await b.hasConflict({ user_id: other, holder_id: one }), false)
    },
  ),
]
