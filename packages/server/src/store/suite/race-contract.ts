import { deepEqual, equal, ok } from 'node:assert/strict'
import { setTimeout } from 'node:timers/promises'
import type { Store, StoredSigningKey } from '../store.ts'
import {
  claiming,
  dayMs,
  endsAll,
  event,
  find,
  findByPhone,
  keyOf,
  phone,
  signIn,
  start,
  trySignIn,
} from './builders.ts'
import { contractTest, type ContractTest } from './contract-test.ts'

const now_ms = start + 1
const gone_at = start + dayMs
const rounds = 24
/** Rounds that go on at once, for they are of different users. */
const lanes = 4
/** A transaction on a near server takes about as long. */
const maxDelayMs = 4

/**
 * What every {@link Store} promises of two who act at the same time, whichever is sooner and by how
 * much.
 */
export const raceContract: readonly ContractTest<Store>[] = [
  ...Object.entries(leavings()).flatMap(([name, leave]) => [
    contractTest(
      `[WX-11] ${name} and signing in leave no live session, whoever is sooner`,
      inRounds(async ({ a, b }, openid) => {
        const wechat = { openid }
        const { user_id } = await signIn(a, { wechat })
        const [signedIn] = await Promise.all([
          soon(() => trySignIn(a, { user_id, identity: 'known', wechat })),
          soon(() => leave(b, user_id, openid)),
        ])
        ok(['signed_in', 'user_not_active', 'taken'].includes(signedIn))
        deepEqual(await live(a, user_id), [])
        equal((await a.listPastSessions(user_id)).length, signedIn === 'signed_in' ? 2 : 1)
      }),
    ),
    contractTest(
      `[SE-8] ${name} and refreshing leave a session that no refresh revives`,
      inRounds(async ({ a, b }, openid) => {
        const { user_id, session_id } = await signIn(a, { wechat: { openid } })
        const [refreshed] = await Promise.all([
          soon(() => rotate(a, session_id, 0)),
          soon(() => leave(b, user_id, openid)),
        ])
        deepEqual(await live(b, user_id), [])
        const generation = refreshed === 'not_rotated' ? 0 : 1
        equal((await a.findSession(session_id))?.session.generation, generation)
        equal(await rotate(a, session_id, generation), 'not_rotated')
      }),
    ),
  ]),

  contractTest(
    '[SE-8] ending a session and refreshing it leave it ended, whoever is sooner',
    inRounds(async ({ a, b }, openid) => {
      const { user_id, session_id: id } = await signIn(a, { wechat: { openid } })
      const [first, , ended] = await Promise.all([
        soon(() => rotate(a, id, 0)),
        soon(() => rotate(b, id, 1)),
        soon(() => b.endSession({ id, ...endsAll, event: event(b, { user_id, kind: openid }) })),
      ])
      equal(ended, true)
      deepEqual(await live(a, user_id), [])
      const { generation = 0 } = (await a.findSession(id))?.session ?? {}
      equal(generation > 0, first !== 'not_rotated')
      equal(await rotate(a, id, generation), 'not_rotated')
    }),
  ),

  contractTest(
    '[RT-3] of a hundred who refresh one generation exactly one does',
    async ({ a, b }) => {
      const { session_id } = await signIn(a)
      for (const generation of [0, 1, 2]) {
        const outcomes = await Promise.all(
          Array.from({ length: 100 }, (_, i) =>
            soon(() => rotate(i % 2 ? a : b, session_id, generation)),
          ),
        )
        equal(outcomes.filter((outcome) => outcome !== 'not_rotated').length, 1)
        equal((await a.findSession(session_id))?.session.generation, generation + 1)
      }
    },
  ),

  contractTest(
    '[WX-8] of two who come with one openid, and of two with one unionid, one signs in',
    inRounds(async ({ a, b }, name) => {
      for (const of of ['openid', 'unionid']) {
        const come = (store: Store, index: number) => {
          const openid = of === 'openid' ? name : `${name} ${index}`
          const wechat = { openid, open_platform: 'platform', unionid: `${of} ${name}` }
          return trySignIn(store, { wechat, unionid: 'claim' })
        }
        const outcomes = await Promise.all([a, b].map((store, i) => soon(() => come(store, i))))
        deepEqual(outcomes.toSorted(), ['signed_in', 'taken'])
      }
    }),
  ),

  contractTest(
    'of two who unlink the last two ways in one is refused, whoever is sooner',
    inRounds(async ({ a, b }, openid) => {
      const { user_id } = await signIn(a, { wechat: { openid } })
      await signIn(a, { user_id, wechat: { openid, app_id: 'other' } })
      const outcomes = await Promise.all([
        soon(() => a.unlinkIdentity({ user_id, app_id: 'app', now_ms })),
        soon(() => b.unlinkIdentity({ user_id, app_id: 'other', now_ms })),
      ])
      deepEqual(outcomes.toSorted(), ['last_way_in', 'unlinked'])
      equal((await a.listIdentities(user_id)).length, 1)
    }),
  ),

  contractTest(
    'of two who change to one number one gets it, and neither gets the other’s',
    inRounds(async ({ a, b }, name) => {
      const one = await signIn(a, { wechat: { openid: `${name} one` }, phone: phone(`${name} 1`) })
      const two = await signIn(a, { wechat: { openid: `${name} two` }, phone: phone(`${name} 2`) })
      const change = (store: Store, user_id: number, index: string) =>
        soon(() => store.changePhone({ user_id, phone: phone(index, `old ${index}`) }))
      const crossing = await Promise.all([
        change(a, one.user_id, `${name} 2`),
        change(b, two.user_id, `${name} 1`),
      ])
      deepEqual(crossing, ['taken', 'taken'])
      equal(await findByPhone(a, `${name} 1`), one.user_id)
      equal(await findByPhone(a, `${name} 2`), two.user_id)
      const outcomes = await Promise.all([
        change(a, one.user_id, name),
        change(b, two.user_id, name),
      ])
      deepEqual(outcomes.toSorted(), ['changed', 'taken'])
      equal(await findByPhone(a, name), outcomes[0] === 'changed' ? one.user_id : two.user_id)
      equal(await findByPhone(a, `${name} 1`), outcomes[0] === 'changed' ? undefined : one.user_id)
      equal(await findByPhone(a, `${name} 2`), outcomes[0] === 'changed' ? two.user_id : undefined)
    }),
  ),

  contractTest(
    'of two who link one identity one has it, and nobody links two of one app',
    inRounds(async ({ a, b }, name) => {
      const one = await signIn(a, { wechat: { openid: `${name} one` } })
      const two = await signIn(a, { wechat: { openid: `${name} two` } })
      const link = (store: Store, user_id: number, app_id: string, openid: string) =>
        soon(() =>
          store.linkIdentity({
            user_id,
            now_ms,
            wechat: { ...keyOf({ app_id, openid }), session_key },
          }),
        )
      const same = await Promise.all([
        link(a, one.user_id, 'shared', name),
        link(b, two.user_id, 'shared', name),
      ])
      deepEqual(same.toSorted(), ['linked', 'taken'])
      const owner = same[0] === 'linked' ? one.user_id : two.user_id
      equal((await find(a, { app_id: 'shared', openid: name })).byOpenid?.id, owner)
      const both = await Promise.all([
        link(a, one.user_id, 'own', `${name} one`),
        link(b, one.user_id, 'own', `${name} two`),
      ])
      deepEqual(both.toSorted(), ['linked', 'taken'])
    }),
  ),

  contractTest(
    'nothing comes to lead to who has left while it was given, whoever is sooner',
    inRounds(async ({ a, b }, openid) => {
      const wechat = { ...keyOf({ app_id: 'other', openid }), session_key }
      const { user_id } = await signIn(a, { wechat: { openid } })
      const [linked, changed, set, noted] = await Promise.all([
        soon(() => a.linkIdentity({ user_id, now_ms, wechat })),
        soon(() => b.changePhone({ user_id, phone: phone(openid) })),
        soon(() => a.setPassword({ user_id, password: '$', replaces: null })),
        soon(() => b.setPreferences({ user_id, document: '{}', replaces: 0, now_ms })),
        soon(() => b.deleteUser({ id: user_id, now_ms, gone_at })),
      ])
      const { byOpenid } = await find(a, wechat)
      const holds = [byOpenid?.id, await findByPhone(a, openid)]
      deepEqual(holds, [
        linked === 'linked' ? user_id : undefined,
        changed === 'changed' ? user_id : undefined,
      ])
      equal((await a.findPassword(user_id)) !== undefined, set === 'set')
      equal((await a.findPreferences(user_id)) !== undefined, noted === 'set')
      equal((await a.findUser(user_id))?.status, 'deleted')
    }),
  ),

  contractTest(
    'of two who set a first password, and of two who replace it, one does',
    inRounds(async ({ a, b }, openid) => {
      const { user_id } = await signIn(a, { wechat: { openid } })
      for (const replaces of [null, 'first'] as const) {
        const outcomes = await Promise.all(
          [a, b].map((store, i) =>
            soon(() =>
              store.setPassword({
                user_id,
                password: replaces === null ? 'first' : `next ${i}`,
                replaces,
              }),
            ),
          ),
        )
        deepEqual(outcomes.toSorted(), ['not_set', 'set'])
        if (replaces !== null)
          equal(await a.findPassword(user_id), `next ${outcomes.indexOf('set')}`)
      }
    }),
  ),

  contractTest(
    '[PI-2] a password is withdrawn with its number, also one that is set meanwhile',
    inRounds(async ({ a, b }, name) => {
      const { user_id } = await signIn(a, claiming(name))
      const replaces = (await a.findPassword(user_id)) ?? ''
      await Promise.all([
        soon(() =>
          a.withdrawData({ user_id, nickname: false, avatar: false, phone: true, now_ms }),
        ),
        soon(() => b.setPassword({ user_id, password: 'next', replaces })),
      ])
      equal(await a.findPassword(user_id), undefined)
    }),
  ),

  contractTest(
    'of two merges in a row the first goes along with the second, or is refused',
    inRounds(async ({ a, b }, openid) => {
      const [one = 0, two = 0, three = 0] = await Promise.all(
        ['one', 'two', 'three'].map(
          async (app_id) => (await signIn(a, { wechat: { app_id, openid } })).user_id,
        ),
      )
      const merge = (store: Store, from_id: number, into_id: number) =>
        soon(() => store.mergeUsers({ id: store.newId(), from_id, into_id, now_ms, gone_at }))
      const [first, second] = await Promise.all([merge(a, one, two), merge(b, two, three)])
      equal(second, 'merged')
      ok(first === 'merged' || first === 'not_found')
      const holder = first === 'merged' ? three : one
      equal((await find(a, { app_id: 'one', openid })).byOpenid?.id, holder)
      equal((await find(a, { app_id: 'two', openid })).byOpenid?.id, three)
    }),
  ),

  contractTest(
    'of deleting and taking it back at once each is done once, in one order',
    inRounds(async ({ a, b }, openid) => {
      const { user_id: id } = await signIn(a, { wechat: { openid } })
      const [deleted, restored] = await Promise.all([
        soon(() => a.deleteUser({ id, now_ms, gone_at })),
        soon(() => b.restoreUser({ id, now_ms })),
      ])
      equal(deleted, 'deleted')
      const user = await a.findUser(id)
      const isBack = restored === 'restored'
      deepEqual([user?.status, user?.gone_at], isBack ? ['active', null] : ['deleted', gone_at])
      deepEqual(await live(a, id), [])
    }),
  ),

  contractTest(
    'of two who rotate a credential one does, and an ended one stays ended',
    inRounds(async ({ a, b }, name) => {
      const id = a.newId()
      await a.addCredential({ credential: credential(id, name) })
      const change = (store: Store, secret_hash: string, replaces: string) =>
        soon(() => store.rotateCredential({ id, secret_hash, replaces, previous_ends_at: gone_at }))
      const outcomes = await Promise.all([
        change(a, `${name} a`, `${name} first`),
        change(b, `${name} b`, `${name} first`),
      ])
      deepEqual(outcomes.toSorted(), ['not_rotated', 'rotated'])
      const winner = outcomes[0] === 'rotated' ? `${name} a` : `${name} b`
      equal((await a.findCredential(id))?.secret_hash, winner)
      const [rotated, ended] = await Promise.all([
        change(a, `${name} c`, winner),
        soon(() => b.endCredential({ id, now_ms })),
      ])
      equal(ended, true)
      const found = await a.findCredential(id)
      equal(found?.ended_at, now_ms)
      equal(found?.secret_hash, rotated === 'rotated' ? `${name} c` : winner)
    }),
  ),

  contractTest(
    '[TK-5] of nodes that add the next signing key and promote it, one does each time',
    async ({ a, b }) => {
      equal(await a.addSigningKey(key('0', 'current')), 'added')
      for (let round = 1; round <= 8; round++) {
        const added = await Promise.all(
          [a, b].map((store, i) => soon(() => store.addSigningKey(key(`${round} ${i}`, 'next')))),
        )
        deepEqual(added.toSorted(), ['added', 'slot_taken'])
        const keys = await a.listSigningKeys()
        const [replaces = '', kid = ''] = ['current', 'next'].map(
          (slot) => keys.find((each) => each.slot === slot)?.kid,
        )
        const promoted = await Promise.all(
          [a, b].map((store) => soon(() => store.promoteSigningKey({ kid, replaces, now_ms }))),
        )
        deepEqual(promoted.toSorted(), ['not_promoted', 'promoted'])
        equal(await a.retireSigningKey({ kid: replaces }), true)
        const left = await b.listSigningKeys()
        deepEqual(
          left.map(({ kid: name, slot }) => [name, slot]),
          [[kid, 'current']],
        )
      }
    },
  ),
]

/** Three ways in which a user stops to be active. */
function leavings() {
  return {
    disabling: (store: Store, id: number) =>
      store.setUserStatus({ id, status: 'disabled', now_ms }),
    deleting: (store: Store, id: number) => store.deleteUser({ id, now_ms, gone_at }),
    async merging(store: Store, from_id: number, openid: string) {
      const { user_id: into_id } = await signIn(store, { wechat: { app_id: 'into', openid } })
      return store.mergeUsers({ id: store.newId(), from_id, into_id, now_ms, gone_at })
    },
  }
}

type Two = { readonly a: Store; readonly b: Store }

/** @param round Gets a name that is no other round's. */
function inRounds(round: (stores: Two, name: string) => Promise<void>) {
  return async (stores: Two) => {
    const names = Array.from({ length: rounds }, (_, n) => `round ${n}`).values()
    await Promise.all(
      Array.from({ length: lanes }, async () => {
        for (const name of names) await round(stores, name)
      }),
    )
  }
}

/** By chance: who comes first, and how far they are when the other comes. */
async function soon<Outcome>(act: () => Promise<Outcome>): Promise<Outcome> {
  await setTimeout(Math.random() * maxDelayMs)
  return act()
}

const rotate = (store: Store, id: number, generation: number) =>
  store.rotateSession({ id, generation, now_ms, idle_expires_at: gone_at })

async function live(store: Store, user_id: number) {
  return (await store.listPastSessions(user_id)).filter(({ ended_at }) => ended_at === null)
}

const session_key = Uint8Array.of(1)

function key(kid: string, slot: StoredSigningKey['slot']): StoredSigningKey {
  const sealed = Uint8Array.of(1)
  return { kid, slot, slot_since: start, sealed, public_jwk: '{}', created_at: start }
}

const credential = (id: number, name: string) => ({
  id,
  name,
  scopes: '[]',
  secret_hash: `${name} first`,
  previous_hash: null,
  previous_ends_at: null,
  created_at: start,
  expires_at: null,
  ended_at: null,
  last_used_at: null,
})
