import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Store } from '../store.ts'
import {
  claiming,
  dayMs,
  event,
  find,
  findByClaim,
  findByPhone,
  kindsOf,
  phone,
  refuse,
  signIn,
  start,
  trySignIn,
  union,
} from './builders.ts'
import { contractTest, type ContractTest } from './contract-test.ts'

const gone_at = start + 30 * dayMs

/** @returns The merge, and what came of it. */
function tryMerge(store: Store, from_id: number, into_id: number) {
  const id = store.newId()
  const told = event(store, { kind: 'merged', user_id: into_id })
  const write = { id, from_id, into_id, now_ms: start + 1, gone_at, event: told }
  return { id, outcome: store.mergeUsers(write) }
}

async function merge(store: Store, from_id: number, into_id: number): Promise<number> {
  const { id, outcome } = tryMerge(store, from_id, into_id)
  equal(await outcome, 'merged')
  return id
}

const undo = (store: Store, id: number, now_ms = start + 2) =>
  store.undoMerge({ id, now_ms, event: event(store, { kind: 'undone' }) })

const erase = (store: Store, id: number, now_ms = gone_at) =>
  store.eraseUser({ id, now_ms, event: event(store, { kind: 'erased', user_id: id }) })

/** Somebody of the app that they are named after, who has nothing else. */
const bare = async (store: Store, app_id: string) =>
  (await signIn(store, { wechat: { app_id } })).user_id

const wechatOf = (app_id: string) => ({
  app_id,
  openid: app_id,
  open_platform: 'platform',
  unionid: `union ${app_id}`,
})

/** Somebody who has one of everything. */
async function settle(store: Store, app_id: string): Promise<number> {
  const wechat = wechatOf(app_id)
  const { user_id } = await signIn(store, {
    unionid: 'claim',
    wechat,
    phone: phone(app_id, `${app_id}-old`),
  })
  await store.setPassword({ user_id, password: `$argon2id$${app_id}`, replaces: null })
  await store.changeProfile({ user_id, nickname: app_id, avatar: `${app_id}.png`, now_ms: start })
  const document = JSON.stringify({ of: app_id })
  await store.setPreferences({ user_id, document, replaces: 0, now_ms: start })
  return user_id
}

/** What is a user's own, and who is found by the identity and number of each app. */
async function look(store: Store, user_id: number, app_ids: readonly string[]) {
  const user = await store.findUser(user_id)
  const finds: Record<string, unknown> = {}
  for (const app_id of app_ids) {
    const { byOpenid, byUnionid } = await find(store, wechatOf(app_id))
    finds[app_id] = [byOpenid?.id, byUnionid?.id, await findByPhone(store, app_id)]
  }
  return {
    status: user?.status,
    nickname: user?.nickname,
    avatar: user?.avatar,
    phone: user?.phone && Buffer.from(user.phone).toString(),
    password: await store.findPassword(user_id),
    preferences: (await store.findPreferences(user_id))?.document,
    finds,
  }
}

/** Merging: explicit, whole, written down, and to be undone for a while. (R12) */
export const mergeContract: readonly ContractTest<Store>[] = [
  contractTest(
    '[WX-9] a merge gives one user everything that the other has and they lack',
    async ({ a, b }) => {
      const from = await settle(a, 'one')
      const into = await bare(a, 'two')
      const id = await merge(b, from, into)
      deepEqual(await look(a, into, ['one']), {
        status: 'active',
        nickname: 'one',
        avatar: 'one.png',
        phone: 'sealed one',
        password: '$argon2id$one',
        preferences: '{"of":"one"}',
        finds: { one: [into, into, into] },
      })
      equal(await findByPhone(a, 'one-old'), into)
      deepEqual((await a.listIdentities(into)).map(({ app_id }) => app_id).sort(), ['one', 'two'])
      deepEqual(await a.listIdentities(from), [])
      deepEqual(await a.listUnionids(from), [])
      equal(await a.findPreferences(from), undefined)
      const merged = await a.findUser(from)
      deepEqual([merged?.status, merged?.gone_at, merged?.avatar], ['merged', gone_at, null])
      deepEqual(await a.listLooseBlobs({ now_ms: gone_at, limit: 10 }), [])
      const [row, ...more] = await a.listMerges({ limit: 10 })
      deepEqual(more, [])
      const names = { id, from_id: from, into_id: into }
      deepEqual({ ...row }, { ...names, created_at: start + 1, undone_at: null })
    },
  ),

  contractTest('[WX-9] a merge leaves what the user has who stays', async ({ a, b }) => {
    const from = await settle(a, 'one')
    const into = await settle(a, 'two')
    await merge(b, from, into)
    deepEqual(await look(a, into, ['one', 'two']), {
      status: 'active',
      nickname: 'two',
      avatar: 'two.png',
      phone: 'sealed two',
      password: '$argon2id$two',
      preferences: '{"of":"two"}',
      finds: { one: [into, into, undefined], two: [into, into, into] },
    })
    // The number that was let go is anybody's.
    const next = await signIn(a, { wechat: { openid: 'next' }, phone: phone('one-old') })
    equal(await findByPhone(a, 'one-old'), next.user_id)
  }),

  contractTest(
    '[WX-11] a merge ends the sessions of who goes, and of nobody else',
    async ({ a, b }) => {
      const from = await signIn(a, { wechat: { app_id: 'one' } })
      const into = await signIn(a, { wechat: { app_id: 'two' } })
      await merge(b, from.user_id, into.user_id)
      const [ended] = await a.listPastSessions(from.user_id)
      deepEqual([ended?.ended_at, ended?.end_reason], [start + 1, 'user_merged'])
      equal((await a.findSession(into.session_id))?.session.ended_at, null)
      const users = [from.user_id, into.user_id]
      for (const user of ['known', 'restore'] as const) {
        await refuse(a, users, 'taken', () =>
          trySignIn(b, { user_id: from.user_id, user, wechat: null }),
        )
      }
      const write = { id: from.user_id, now_ms: start + 1, event: event(b) }
      await refuse(a, users, 'not_found', () => b.deleteUser({ ...write, gone_at: start + 1 }))
      await refuse(a, users, 'not_found', () => b.restoreUser(write))
      for (const status of ['active', 'disabled'] as const) {
        await refuse(a, users, 'not_found', () => b.setUserStatus({ ...write, status }))
      }
    },
  ),

  contractTest('two who have an identity in one app each are not merged', async ({ a, b }) => {
    const from = await settle(a, 'one')
    const { user_id: into } = await signIn(a, { wechat: { app_id: 'one', openid: 'other' } })
    await refuse(a, [from, into], 'same_app', () => tryMerge(b, from, into).outcome)
    await refuse(a, [from, into], 'same_app', () => tryMerge(b, into, from).outcome)
  }),

  contractTest('only two active users are merged', async ({ a, b }) => {
    const from = await settle(a, 'one')
    const into = await settle(a, 'two')
    for (const [one, other] of [
      [from, from],
      [from, 12345],
      [12345, into],
    ] as const) {
      await refuse(a, [from, into], 'not_found', () => tryMerge(b, one, other).outcome)
    }
    for (const id of [from, into]) {
      await a.setUserStatus({ id, status: 'disabled', now_ms: start })
      await refuse(a, [from, into], 'not_found', () => tryMerge(b, from, into).outcome)
      await a.setUserStatus({ id, status: 'active', now_ms: start })
      await a.deleteUser({ id, now_ms: start, gone_at })
      await refuse(a, [from, into], 'not_found', () => tryMerge(b, from, into).outcome)
      await a.restoreUser({ id, now_ms: start })
    }
    await merge(a, from, into)
    await refuse(a, [from, into], 'not_found', () => tryMerge(b, from, into).outcome)
  }),

  contractTest('(R9) a merge takes the pairs of who goes off the list', async ({ a, b }) => {
    const wait = async (app_id: string, holder_id: number) => {
      const user_id = await bare(a, app_id)
      await signIn(a, {
        user_id,
        identity: 'known',
        wechat: { ...wechatOf('one'), app_id, openid: 'openid' },
        conflict: { id: a.newId(), holder_id },
      })
      return user_id
    }
    const holder = await settle(a, 'one')
    const first = await wait('two', holder)
    const second = await wait('three', holder)
    await merge(b, first, holder)
    deepEqual(
      (await a.listConflicts({ limit: 10 })).map((each) => [each.user_id, each.holder_id]),
      [[second, holder]],
    )
    await merge(b, holder, second)
    deepEqual(await a.listConflicts({ limit: 10 }), [])
  }),

  contractTest('unlinking after a merge leaves a unionid that both came with', async ({ a, b }) => {
    const { user_id: into } = await signIn(a, {
      unionid: 'claim',
      wechat: { app_id: 'one', ...union },
    })
    const from = await bare(a, 'two')
    const conflict = { id: a.newId(), holder_id: into }
    const wechat = { app_id: 'two', ...union }
    await signIn(a, { user_id: from, identity: 'known', wechat, conflict })
    await merge(b, from, into)
    await b.unlinkIdentity({ user_id: into, app_id: 'one', now_ms: start + 2 })
    equal((await find(a, wechat)).byUnionid?.id, into)
    await b.changePhone({ user_id: into, phone: phone('one') })
    await b.unlinkIdentity({ user_id: into, app_id: 'two', now_ms: start + 2 })
    equal((await find(a, wechat)).byUnionid, undefined)
  }),

  contractTest('of many who merge two users at once exactly one does', async ({ a, b }) => {
    const from = await settle(a, 'one')
    const into = await bare(a, 'two')
    const outcomes = await Promise.all(
      [a, b, a, b].map((store) => tryMerge(store, from, into).outcome),
    )
    deepEqual(outcomes.sort(), ['merged', 'not_found', 'not_found', 'not_found'])
    equal((await a.listMerges({ limit: 10 })).length, 1)
    equal((await kindsOf(a)).filter((kind) => kind === 'merged').length, 1)
  }),

  contractTest('of a merge there and one back at once exactly one is done', async ({ a, b }) => {
    for (let round = 0; round < 10; round++) {
      const one = await settle(a, `one ${round}`)
      const other = await settle(a, `other ${round}`)
      const outcomes = await Promise.all([
        tryMerge(a, one, other).outcome,
        tryMerge(b, other, one).outcome,
      ])
      deepEqual(outcomes.toSorted(), ['merged', 'not_found'])
      const left = outcomes[0] === 'merged' ? other : one
      for (const name of ['one', 'other']) {
        equal((await find(a, wechatOf(`${name} ${round}`))).byOpenid?.id, left)
      }
    }
  }),

  contractTest(
    '[WX-11] merging and signing in at once leave no live session of who goes',
    async ({ a, b }) => {
      for (let round = 0; round < 10; round++) {
        const wechat = wechatOf(`from ${round}`)
        const { user_id: from } = await signIn(a, { unionid: 'claim', wechat })
        const into = await bare(a, `into ${round}`)
        const [outcome] = await Promise.all([
          trySignIn(a, { user_id: from, identity: 'known', wechat }),
          merge(b, from, into),
        ])
        ok(outcome === 'signed_in' || outcome === 'taken')
        deepEqual(await a.listSessions({ user_id: from, now_ms: start }), [])
        equal((await find(a, wechat)).byOpenid?.id, into)
      }
    },
  ),

  contractTest('of a merge and a link in its app at once exactly one is done', async ({ a, b }) => {
    for (let round = 0; round < 10; round++) {
      const app_id = `from ${round}`
      const { user_id: from } = await signIn(a, { wechat: { app_id, openid: 'from' } })
      const into = await bare(a, `into ${round}`)
      const race = [
        () => trySignIn(a, { user_id: into, wechat: { app_id, openid: 'into' } }),
        () => tryMerge(b, from, into).outcome,
      ] as const
      const outcomes = await Promise.all(
        (round % 2 ? race : race.toReversed()).map((step) => step()),
      )
      const isMerged = outcomes.includes('merged')
      deepEqual(outcomes.toSorted(), isMerged ? ['merged', 'taken'] : ['same_app', 'signed_in'])
      equal((await a.listIdentities(into)).length, 2)
    }
  }),

  contractTest('[WX-9] undoing a merge gives back everything that it took', async ({ a, b }) => {
    const from = await settle(a, 'one')
    const into = await bare(a, 'two')
    const session = await signIn(a, { user_id: into, wechat: null })
    const id = await merge(a, from, into)
    equal(await undo(b, id), 'undone')
    deepEqual(await look(a, from, ['one']), {
      status: 'active',
      nickname: 'one',
      avatar: 'one.png',
      phone: 'sealed one',
      password: '$argon2id$one',
      preferences: '{"of":"one"}',
      finds: { one: [from, from, from] },
    })
    equal(await findByPhone(a, 'one-old'), from)
    deepEqual(await look(a, into, []), {
      status: 'active',
      nickname: null,
      avatar: null,
      phone: null,
      password: undefined,
      preferences: undefined,
      finds: {},
    })
    deepEqual(
      (await a.listIdentities(into)).map(({ app_id }) => app_id),
      ['two'],
    )
    deepEqual(await a.listUnionids(into), [])
    equal((await a.findUser(from))?.gone_at, null)
    equal((await a.findSession(session.session_id))?.session.ended_at, start + 2)
    deepEqual(await a.listSessions({ user_id: from, now_ms: start }), [])
    equal((await a.listMerges({ limit: 10 }))[0]?.undone_at, start + 2)
    const [past] = await a.listPastSessions(into)
    equal(past?.end_reason, 'user_merged')
    await signIn(b, { user_id: from, identity: 'known', wechat: wechatOf('one') })
  }),

  contractTest(
    'undoing a merge gives back a number that nobody has proven since',
    async ({ a, b }) => {
      const from = await settle(a, 'one')
      const into = await settle(a, 'two')
      const id = await merge(a, from, into)
      const claimant = await signIn(a, claiming('one'))
      equal(await undo(b, id), 'undone')
      equal(await findByPhone(a, 'one'), from)
      equal(await findByPhone(a, 'one-old'), from)
      equal(await findByPhone(a, 'two'), into)
      equal((await a.findUser(into))?.nickname, 'two')
      // A claim yields to what is proven. (R7)
      equal(await findByClaim(a, 'one'), undefined)
      equal(await a.findPassword(claimant.user_id), undefined)
    },
  ),

  contractTest(
    'undoing a merge takes a number from nobody who has proven it since',
    async ({ a, b }) => {
      const from = await settle(a, 'one')
      const into = await settle(a, 'two')
      const id = await merge(a, from, into)
      const next = await signIn(a, { wechat: { openid: 'next' }, phone: phone('newer', 'one-old') })
      equal(await undo(b, id), 'undone')
      equal(await findByPhone(a, 'one-old'), next.user_id)
      equal(await findByPhone(a, 'one'), undefined)
      const user = await a.findUser(from)
      deepEqual([user?.phone, user?.phone_index, user?.status], [null, null, 'active'])
    },
  ),

  contractTest('undoing a merge leaves what the user changed since', async ({ a, b }) => {
    const from = await settle(a, 'one')
    const into = await bare(a, 'two')
    const id = await merge(a, from, into)
    const mine = { user_id: into, now_ms: start + 1 }
    await a.changeProfile({ ...mine, nickname: 'mine', avatar: 'mine.png' })
    await a.changePhone({ user_id: into, phone: phone('mine') })
    const replaces = '$argon2id$one'
    equal(await a.setPassword({ user_id: into, password: '$argon2id$mine', replaces }), 'set')
    await a.unlinkIdentity({ ...mine, app_id: 'one' })
    equal(await undo(b, id), 'undone')
    const ownLeft = await look(a, into, ['one'])
    deepEqual(
      [ownLeft.nickname, ownLeft.avatar, ownLeft.phone, ownLeft.password],
      ['mine', 'mine.png', 'sealed mine', '$argon2id$mine'],
    )
    const given = await look(a, from, [])
    deepEqual(
      [given.nickname, given.avatar, given.phone, given.password],
      ['one', null, 'sealed one', '$argon2id$one'],
    )
    deepEqual(ownLeft.finds, { one: [undefined, undefined, from] })
    deepEqual(await a.listIdentities(from), [])
    deepEqual(await a.listLooseBlobs({ now_ms: gone_at, limit: 10 }), ['one.png'])
  }),

  contractTest(
    '[PI-2] undoing a merge brings nothing back that was withdrawn since',
    async ({ a, b }) => {
      for (const into of [await bare(a, 'two'), await settle(a, 'three')]) {
        const from = await settle(a, `one of ${into}`)
        const id = await merge(a, from, into)
        const all = { nickname: true, avatar: true, phone: true }
        await b.withdrawData({ user_id: into, ...all, now_ms: start + 1 })
        const kept = await a.findUser(from)
        deepEqual(
          [kept?.nickname, kept?.avatar, kept?.phone, kept?.phone_index],
          [null, null, null, null],
        )
        equal(await undo(b, id), 'undone')
        for (const user_id of [from, into]) {
          const { nickname, avatar, phone: number, password } = await look(a, user_id, [])
          deepEqual([nickname, avatar, number, password], [null, null, null, undefined])
        }
        for (const index of [`one of ${into}`, `one of ${into}-old`]) {
          equal(await findByPhone(a, index), undefined)
        }
      }
    },
  ),

  contractTest(
    '(R7) a claimed number does not go along, and is given back where it is free',
    async ({ a, b }) => {
      for (const then of ['nothing', 'claimed', 'proven'] as const) {
        const { user_id: from } = await signIn(a, claiming(then, `${then}-old`))
        const into = await bare(a, then)
        const id = await merge(a, from, into)
        equal(await findByClaim(a, then), undefined)
        equal(await a.findUnverifiedPhone(into), undefined)
        const next = { claimed: claiming(`${then}-old`), proven: { phone: phone(`${then}-old`) } }
        if (then !== 'nothing') await signIn(a, { ...next[then], wechat: null })
        equal(await undo(b, id), 'undone')
        const isFree = then === 'nothing'
        for (const index of [then, `${then}-old`]) {
          equal((await findByClaim(a, index)) === from, isFree)
        }
        equal((await a.findUnverifiedPhone(from))?.phone_index, isFree ? then : undefined)
        equal(await a.findPassword(from), isFree ? `$argon2id$of ${then}` : undefined)
        equal(await a.findPassword(into), undefined)
      }
    },
  ),

  contractTest(
    'a merge is undone once, in time, and while both are there as they were',
    async ({ a, b }) => {
      const from = await settle(a, 'one')
      const into = await bare(a, 'two')
      const users = [from, into]
      const id = await merge(a, from, into)
      for (const late of [gone_at, gone_at + 1]) {
        await refuse(a, users, 'not_found', () => undo(b, id, late))
      }
      await refuse(a, users, 'not_found', () => undo(b, 12345))
      await a.setUserStatus({ id: into, status: 'disabled', now_ms: start })
      await refuse(a, users, 'not_found', () => undo(b, id))
      await a.setUserStatus({ id: into, status: 'active', now_ms: start })
      await a.deleteUser({ id: into, now_ms: start, gone_at })
      await refuse(a, users, 'not_found', () => undo(b, id))
      await a.restoreUser({ id: into, now_ms: start })
      const outcomes = await Promise.all([a, b, a, b].map((store) => undo(store, id, gone_at - 1)))
      deepEqual(outcomes.sort(), ['not_found', 'not_found', 'not_found', 'undone'])
      equal((await kindsOf(a)).filter((kind) => kind === 'undone').length, 1)
      await merge(a, from, into)
      await refuse(a, users, 'not_found', () => undo(b, id))
    },
  ),

  contractTest(
    'merges into one another are undone from the last to the first',
    async ({ a, b }) => {
      const [one, two, three] = [
        await settle(a, 'one'),
        await bare(a, 'two'),
        await bare(a, 'three'),
      ]
      const first = await merge(a, one, two)
      const second = await merge(a, two, three)
      const where = async () => (await look(a, one, ['one'])).finds['one']
      deepEqual(await where(), [three, three, three])
      await refuse(a, [one, two, three], 'not_found', () => undo(b, first))
      equal(await undo(b, second), 'undone')
      deepEqual(await where(), [two, two, two])
      equal((await a.findUser(two))?.avatar, 'one.png')
      equal(await undo(b, first), 'undone')
      deepEqual(await where(), [one, one, one])
      equal((await a.findUser(one))?.avatar, 'one.png')
      equal(await a.findPassword(two), undefined)
    },
  ),

  contractTest('merges are listed oldest first, in parts', async ({ a, b }) => {
    const into = await bare(a, 'into')
    const ids = [a.newId(), a.newId(), a.newId()]
    for (const id of ids.toReversed()) {
      const from_id = await bare(a, `${id}`)
      const write = { id, from_id, into_id: into, now_ms: start, gone_at }
      equal(await a.mergeUsers(write), 'merged')
    }
    const list = async (query: { after?: number; limit: number }) =>
      (await b.listMerges(query)).map(({ id }) => id)
    deepEqual(await list({ limit: 10 }), ids)
    deepEqual(await list({ limit: 2 }), ids.slice(0, 2))
    deepEqual(await list({ after: ids[0] ?? 0, limit: 1 }), ids.slice(1, 2))
  }),

  contractTest(
    '[PI-2] a merged user is erased when their time has come, and takes nothing along',
    async ({ a, b }) => {
      const from = await settle(a, 'one')
      const into = await settle(a, 'two')
      const id = await merge(a, from, into)
      deepEqual(await a.listGoneUsers({ now_ms: gone_at - 1, limit: 10 }), [])
      await refuse(a, [from, into], false, () => erase(b, from, gone_at - 1))
      deepEqual(
        (await a.listGoneUsers({ now_ms: gone_at, limit: 10 })).map((user) => user.id),
        [from],
      )
      equal(await erase(b, from), true)
      equal(await a.findUser(from), undefined)
      deepEqual(await a.listPastSessions(from), [])
      deepEqual(await a.listMerges({ limit: 10 }), [])
      equal(await undo(b, id), 'not_found')
      const { finds, status } = await look(a, into, ['one', 'two'])
      deepEqual(finds, { one: [into, into, undefined], two: [into, into, into] })
      equal(status, 'active')
      // The picture that did not go along went with its user.
      deepEqual(await a.listLooseBlobs({ now_ms: gone_at, limit: 10 }), ['one.png'])
    },
  ),

  contractTest('[PI-2] who was merged into somebody is erased with them', async ({ a, b }) => {
    const [one, two, three] = [
      await settle(a, 'one'),
      await settle(a, 'two'),
      await bare(a, 'three'),
    ]
    const apart = await settle(a, 'apart')
    equal(await undo(a, await merge(a, apart, three)), 'undone')
    await merge(a, one, two)
    await merge(a, two, three)
    await a.deleteUser({ id: three, now_ms: start, gone_at: start + dayMs })
    equal(await erase(b, three, start + dayMs), true)
    for (const id of [one, two, three]) {
      equal(await a.findUser(id), undefined)
      deepEqual(await a.listPastSessions(id), [])
    }
    const nobody = [undefined, undefined, undefined]
    const { finds, status } = await look(a, apart, ['one', 'two', 'apart'])
    deepEqual(finds, { one: nobody, two: nobody, apart: [apart, apart, apart] })
    equal(status, 'active')
    deepEqual(await a.listMerges({ limit: 10 }), [])
    deepEqual((await a.listLooseBlobs({ now_ms: gone_at, limit: 10 })).toSorted(), [
      'one.png',
      'two.png',
    ])
    equal((await kindsOf(a)).filter((kind) => kind === 'erased').length, 1)
  }),

  contractTest(
    'of undoing a merge and erasing at once exactly one is done, and whole',
    async ({ a, b }) => {
      for (let round = 0; round < 10; round++) {
        const app_id = `one ${round}`
        const from = await settle(a, app_id)
        const into = await bare(a, `two ${round}`)
        const id = await merge(a, from, into)
        const race = [() => undo(a, id, gone_at - 1), () => erase(b, from)] as const
        const outcomes = await Promise.all(
          (round % 2 ? race : race.toReversed()).map((step) => step()),
        )
        const isUndone = outcomes.includes('undone')
        equal(outcomes.includes(!isUndone), true)
        equal(outcomes.includes('not_found'), !isUndone)
        const owner = isUndone ? from : into
        deepEqual((await look(a, into, [app_id])).finds, { [app_id]: [owner, owner, owner] })
      }
    },
  ),
]
