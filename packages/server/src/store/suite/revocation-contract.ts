import { deepEqual, equal, notEqual } from 'node:assert/strict'
import type { Store, StoredCredential } from '../store.ts'
import { dayMs, endsAll, event, kindsOf, signIn, start } from './builders.ts'
import { contractTest, type ContractTest } from './contract-test.ts'

const credential = (store: Store, change: Partial<StoredCredential> = {}): StoredCredential => ({
  id: store.newId(),
  name: 'shop 商城',
  scopes: 'introspect users',
  secret_hash: 'first',
  previous_hash: null,
  previous_ends_at: null,
  created_at: start,
  expires_at: start + 365 * dayMs,
  ended_at: null,
  last_used_at: null,
  ...change,
})

const signInTo = (store: Store, app_id: string, now_ms = start) =>
  signIn(store, { app_id, now_ms, wechat: { app_id, openid: `openid ${store.newId()}` } })

const endOf = async (store: Store, id: number) => (await store.findSession(id))?.session.ended_at

const rotation = { generation: 0, now_ms: start + 2, idle_expires_at: start + dayMs }

/** What {@link Store} promises of service credentials, and of sessions that end, one or all. */
export const revocationContract: readonly ContractTest<Store>[] = [
  contractTest(
    'a credential comes back as it was written, and the newest first',
    async ({ a, b }) => {
      const first = credential(a)
      const second = credential(a, { expires_at: null, name: "'; drop table users" })
      await a.addCredential({ credential: first, event: event(a, { kind: 'credential_created' }) })
      await b.addCredential({ credential: second })
      deepEqual({ ...(await b.findCredential(first.id)) }, first)
      deepEqual(
        (await a.listCredentials()).map((each) => ({ ...each })),
        [second, first],
      )
      equal(await a.findCredential(1), undefined)
      deepEqual(await kindsOf(a), ['credential_created'])
    },
  ),

  contractTest('of fifty who rotate a credential at once exactly one does', async ({ a, b }) => {
    const made = credential(a)
    await a.addCredential({ credential: made })
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        (i % 2 ? a : b).rotateCredential({
          id: made.id,
          secret_hash: `next ${i}`,
          replaces: 'first',
          previous_ends_at: start + dayMs,
          event: event(a, { kind: 'credential_rotated' }),
        }),
      ),
    )
    equal(outcomes.filter((outcome) => outcome === 'rotated').length, 1)
    const found = await b.findCredential(made.id)
    equal(found?.secret_hash, `next ${outcomes.indexOf('rotated')}`)
    equal(found?.previous_hash, 'first')
    equal(found?.previous_ends_at, start + dayMs)
    deepEqual(await kindsOf(a), ['credential_rotated'])
  }),

  contractTest('a credential ends once, and is not rotated after it', async ({ a, b }) => {
    const made = credential(a)
    await a.addCredential({ credential: made })
    const ends = await Promise.all(
      [a, b, a, b].map((store, i) =>
        store.endCredential({
          id: made.id,
          now_ms: start + i,
          event: event(a, { kind: 'credential_ended' }),
        }),
      ),
    )
    equal(ends.filter(Boolean).length, 1)
    const next = { id: made.id, secret_hash: 'next', replaces: 'first', previous_ends_at: start }
    equal(await a.rotateCredential(next), 'not_rotated')
    equal((await b.findCredential(made.id))?.ended_at, start + ends.indexOf(true))
    deepEqual(await kindsOf(a), ['credential_ended'])
  }),

  contractTest('a previous secret ends once, and the present one stays', async ({ a, b }) => {
    const made = credential(a, { previous_hash: 'old', previous_ends_at: start + dayMs })
    await a.addCredential({ credential: made })
    const ended = () => event(a, { kind: 'credential_ended' })
    equal(await b.endPreviousSecret({ id: made.id, event: ended() }), true)
    equal(await a.endPreviousSecret({ id: made.id, event: ended() }), false)
    const without = { ...made, previous_hash: null, previous_ends_at: null }
    deepEqual({ ...(await a.findCredential(made.id)) }, without)
    deepEqual(await kindsOf(a), ['credential_ended'])
  }),

  contractTest('the use of a credential only moves on', async ({ a, b }) => {
    const made = credential(a)
    await a.addCredential({ credential: made })
    for (const [at, is] of [
      [start, start],
      [start + 2, start + 2],
      [start + 1, start + 2],
    ] as const) {
      await b.noteCredentialUse({ id: made.id, at })
      equal((await a.findCredential(made.id))?.last_used_at, is)
    }
    await a.noteCredentialUse({ id: 1, at: start })
  }),

  contractTest('sessions are listed as they ended, page by page', async ({ a, b }) => {
    const ids: number[] = []
    for (let i = 0; i < 7; i++) ids.push((await signInTo(a, 'app')).session_id)
    const [one = 0, two = 0, three = 0, four = 0, five = 0, , live = 0] = ids
    // Two at one instant, and in another order than their ids.
    const ends = [
      [five, 10],
      [three, 20],
      [two, 20],
      [four, 20],
      [one, 30],
    ] as const
    for (const [id, at] of ends) {
      await a.endSession({ id, now_ms: start + at, reason: 'signed_out' })
    }
    const list = async (since: number, after_id: number, limit: number) =>
      (await b.listEndedSessions({ since: start + since, after_id, limit })).map((each) => ({
        ...each,
      }))
    const ended = (id: number, at: number) => ({ id, ended_at: start + at })
    const all = [ended(five, 10), ended(two, 20), ended(three, 20), ended(four, 20), ended(one, 30)]
    deepEqual(await list(0, 0, 10), all)
    deepEqual(await list(0, live, 10), all)
    deepEqual(await list(0, 0, 2), all.slice(0, 2))
    deepEqual(await list(20, two, 2), all.slice(2, 4))
    deepEqual(await list(20, four, 10), all.slice(4))
    deepEqual(await list(20, 0, 10), all.slice(1))
    deepEqual(await list(30, one, 10), [])
  }),

  contractTest('whatever ends a session, it is on the list', async ({ a }) => {
    const listed = async () =>
      (await a.listEndedSessions({ since: 0, after_id: 0, limit: 100 })).map(({ id }) => id)
    const disabled = await signInTo(a, 'app')
    await a.setUserStatus({ id: disabled.user_id, status: 'disabled', now_ms: start + 1 })
    const deleted = await signInTo(a, 'app')
    await a.deleteUser({ id: deleted.user_id, now_ms: start + 2, gone_at: start + dayMs })
    const merged = await signInTo(a, 'app')
    const into = await signInTo(a, 'other')
    const merge = { id: a.newId(), from_id: merged.user_id, into_id: into.user_id }
    await a.mergeUsers({ ...merge, now_ms: start + 3, gone_at: start + dayMs })
    deepEqual(
      await listed(),
      [disabled, deleted, merged].map((each) => each.session_id),
    )
    await a.undoMerge({ id: merge.id, now_ms: start + 4 })
    const all = [disabled, deleted, merged, into].map((each) => each.session_id)
    deepEqual(await listed(), all)
    const others = await signInTo(a, 'app')
    await a.endOtherSessions({ user_id: others.user_id, keep_id: 0, ...endsAll, now_ms: start + 5 })
    deepEqual(await listed(), [...all, others.session_id])
  }),

  contractTest('into whom somebody was merged is known until it is undone', async ({ a, b }) => {
    const [from, into] = [await signInTo(a, 'app'), await signInTo(a, 'other')]
    const merge = { id: a.newId(), from_id: from.user_id, into_id: into.user_id }
    equal(await b.findMergedInto(from.user_id), undefined)
    await a.mergeUsers({ ...merge, now_ms: start, gone_at: start + dayMs })
    equal(await b.findMergedInto(from.user_id), into.user_id)
    equal(await b.findMergedInto(into.user_id), undefined)
    await a.undoMerge({ id: merge.id, now_ms: start + 1 })
    equal(await b.findMergedInto(from.user_id), undefined)
  }),

  contractTest('an identity has the unionid that last came with it', async ({ a, b }) => {
    const union = { open_platform: 'platform', unionid: 'union' }
    const one = await signIn(a, { wechat: { openid: 'one', ...union }, unionid: 'claim' })
    const other = await signIn(a, { wechat: { openid: 'other' } })
    deepEqual(
      (await b.listIdentities(one.user_id)).map((each) => ({ ...each })),
      [{ app_id: 'app', openid: 'one', unionid: 'union', created_at: start }],
    )
    equal((await b.listIdentities(other.user_id))[0]?.unionid, null)
  }),

  contractTest(
    'a cutoff ends what began before it in its app, and nothing else',
    async ({ a, b }) => {
      const old = await signInTo(a, 'app')
      const elsewhere = await signInTo(a, 'other')
      const young = await signInTo(a, 'app', start + 10)
      await a.addCutoff({ app_id: 'app', at: start + 10, event: event(a, { kind: 'cut' }) })
      equal(await endOf(b, old.session_id), start + 10)
      equal(await endOf(b, elsewhere.session_id), null)
      equal(await endOf(b, young.session_id), null)
      const live = async ({ user_id }: { user_id: number }) =>
        (await b.listSessions({ user_id, now_ms: start + 11 })).length
      deepEqual(await Promise.all([old, elsewhere, young].map(live)), [0, 1, 1])
      const rotate = ({ session_id: id }: { session_id: number }) =>
        b.rotateSession({ ...rotation, id })
      equal(await rotate(old), 'not_rotated')
      notEqual(await rotate(elsewhere), 'not_rotated')
      notEqual(await rotate(young), 'not_rotated')
      deepEqual((await kindsOf(a)).at(-1), 'cut')
    },
  ),

  contractTest('a cutoff of every app ends them all', async ({ a, b }) => {
    const sessions = [await signInTo(a, 'app'), await signInTo(a, 'other')]
    await a.addCutoff({ app_id: null, at: start + 1 })
    for (const { session_id } of sessions) {
      equal(await endOf(b, session_id), start + 1)
      equal(await b.rotateSession({ ...rotation, id: session_id }), 'not_rotated')
    }
  }),

  contractTest('of two cutoffs the later counts, in whatever order they come', async ({ a, b }) => {
    const { session_id } = await signInTo(a, 'app', start + 5)
    await a.addCutoff({ app_id: 'app', at: start + 10 })
    await b.addCutoff({ app_id: 'app', at: start + 1 })
    await b.addCutoff({ app_id: null, at: start + 2 })
    equal(await endOf(a, session_id), start + 10)
    const cutoffs = (await a.listCutoffs()).map((each) => ({ ...each }))
    deepEqual(
      cutoffs.sort((one, other) => one.at - other.at),
      [
        { app_id: null, at: start + 2 },
        { app_id: 'app', at: start + 10 },
      ],
    )
  }),

  contractTest(
    '[SE-8] a refresh that races a cutoff does not bring a session back',
    async ({ a, b }) => {
      const sessions: number[] = []
      for (let i = 0; i < 30; i++) sessions.push((await signInTo(a, 'app')).session_id)
      await Promise.all([
        ...sessions.slice(0, 15).map((id) => a.rotateSession({ ...rotation, id })),
        a.addCutoff({ app_id: 'app', at: start + 1 }),
        ...sessions.slice(15).map((id) => b.rotateSession({ ...rotation, id })),
      ])
      for (const id of sessions) {
        equal(await endOf(b, id), start + 1)
        equal(await a.rotateSession({ ...rotation, id, generation: 1 }), 'not_rotated')
      }
    },
  ),

  contractTest('the rows that a cutoff ended are ended part by part', async ({ a, b }) => {
    const before: number[] = []
    for (let i = 0; i < 5; i++) before.push((await signInTo(a, 'app')).session_id)
    const signedOut = before[0] ?? 0
    await a.endSession({ id: signedOut, now_ms: start + 1, reason: 'signed_out' })
    const elsewhere = (await signInTo(a, 'other')).session_id
    const young = (await signInTo(a, 'app', start + 10)).session_id
    const cutoff = { app_id: 'app', at: start + 10 }
    await a.addCutoff(cutoff)
    deepEqual((await b.listEndedSessions({ since: 0, after_id: 0, limit: 9 })).length, 1)
    let after: number | undefined = 0
    for (let parts = 0; after !== undefined; parts++) {
      equal(parts < 9, true)
      after = await b.endCutSessions({ ...cutoff, after, limit: 2 })
    }
    const ended = await a.listEndedSessions({ since: 0, after_id: 0, limit: 9 })
    deepEqual(
      ended.map(({ ended_at }) => ended_at),
      [start + 1, ...before.slice(1).map(() => start + 10)],
    )
    deepEqual([await endOf(a, elsewhere), await endOf(a, young)], [null, null])
    after = await b.endCutSessions({ app_id: null, at: start + 10, after: 0, limit: 100 })
    deepEqual([await endOf(a, elsewhere), await endOf(a, young)], [start + 10, null])
  }),
]
