import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Store, StoredSigningKey } from '../store.ts'
import { event, kindsOf, start } from './builders.ts'
import { contractTest, type ContractTest } from './contract-test.ts'

/** What every {@link Store} promises of the keys that sign access tokens. */
export const keyContract: readonly ContractTest<Store>[] = [
  contractTest(
    'of nodes that add a current signing key at once one adds, and all find its key',
    async ({ a, b }) => {
      const outcomes = await Promise.all(
        [a, b, a, b].map((s, i) => s.addSigningKey(key(`key ${i}`, 'current'))),
      )
      deepEqual(outcomes.sort(), ['added', 'slot_taken', 'slot_taken', 'slot_taken'])
      equal((await a.listSigningKeys()).length, 1)
      equal(await b.addSigningKey({ ...key('old', null), created_at: start - 1 }), 'added')
      const [current, old] = await a.listSigningKeys()
      equal(old?.kid, 'old')
      await b.resealSigningKey({ kid: current?.kid ?? '', sealed: Uint8Array.of(2) })
      deepEqual(Buffer.from((await a.listSigningKeys())[0]?.sealed ?? []), Buffer.of(2))
    },
  ),

  contractTest(
    '[TK-4] a promoted key signs, and the one before it keeps no private part',
    async ({ a, b }) => {
      await addPair(a)
      equal(await a.promoteSigningKey(promotion(b)), 'promoted')
      deepEqual(await slots(b), { previous: ['one', start + 1, 0], current: ['two', start + 1, 1] })
      await b.resealSigningKey({ kid: 'one', sealed: Uint8Array.of(2) })
      deepEqual(await slots(a), { previous: ['one', start + 1, 0], current: ['two', start + 1, 1] })
      deepEqual(await kindsOf(a), ['signing_key_rotated'])
      equal(await a.addSigningKey(key('three', 'next')), 'added')
    },
  ),

  contractTest('[TK-5] of nodes that promote a key at once one does', async ({ a, b }) => {
    await addPair(a)
    const outcomes = await Promise.all([a, b, a, b].map((s) => s.promoteSigningKey(promotion(s))))
    deepEqual(outcomes.sort(), ['not_promoted', 'not_promoted', 'not_promoted', 'promoted'])
    deepEqual(await kindsOf(a), ['signing_key_rotated'])
  }),

  contractTest(
    '[TK-5] nothing is promoted past a previous key, nor but from next and current',
    async ({ a }) => {
      await addPair(a)
      equal(await a.addSigningKey({ ...key('old', null), created_at: start - 1 }), 'added')
      for (const names of [
        { kid: 'two', replaces: 'old' },
        { kid: 'none', replaces: 'one' },
        { kid: 'two', replaces: 'none' },
        { kid: 'one', replaces: 'one' },
        { kid: 'two', replaces: 'two' },
        { kid: 'one', replaces: 'two' },
      ]) {
        equal(await a.promoteSigningKey({ ...promotion(a), ...names }), 'not_promoted')
      }
      deepEqual(await slots(a), {
        current: ['one', start, 1],
        next: ['two', start, 1],
        none: ['old', start, 1],
      })
      await a.promoteSigningKey(promotion(a))
      await a.addSigningKey(key('three', 'next'))
      const before = await slots(a)
      const next = { ...promotion(a), kid: 'three', replaces: 'two' }
      equal(await a.promoteSigningKey(next), 'not_promoted')
      deepEqual(await slots(a), before)
      deepEqual(await kindsOf(a), ['signing_key_rotated'])
    },
  ),

  contractTest('a key that is previous is retired, once, and no other is', async ({ a, b }) => {
    await addPair(a)
    for (const kid of ['one', 'two', 'none']) {
      equal(
        await a.retireSigningKey({ kid, event: event(a, { kind: 'signing_key_retired' }) }),
        false,
      )
    }
    await a.promoteSigningKey(promotion(a))
    const outcomes = await Promise.all(
      [a, b, a].map((s) =>
        s.retireSigningKey({ kid: 'one', event: event(s, { kind: 'signing_key_retired' }) }),
      ),
    )
    deepEqual(
      outcomes.filter((isRetired) => isRetired),
      [true],
    )
    deepEqual(await slots(b), { current: ['two', start + 1, 1] })
    deepEqual(await kindsOf(b), ['signing_key_rotated', 'signing_key_retired'])
  }),

  contractTest(
    '[TK-5] of nodes that replace all keys at once one does, and no old key is left',
    async ({ a, b }) => {
      await addPair(a)
      await a.promoteSigningKey(promotion(a))
      await a.addSigningKey(key('three', 'next'))
      const replace = (s: Store, kid: string, replaces: string) =>
        s.replaceSigningKeys({
          replaces,
          key: key(kid, 'current'),
          event: event(s, { kind: 'signing_keys_revoked' }),
        })
      equal(await replace(a, 'fresh', 'one'), 'not_replaced')
      equal(await replace(a, 'fresh', 'three'), 'not_replaced')
      const outcomes = await Promise.all([a, b, a].map((s, i) => replace(s, `fresh ${i}`, 'two')))
      deepEqual(outcomes.sort(), ['not_replaced', 'not_replaced', 'replaced'])
      const [left, ...others] = await b.listSigningKeys()
      ok(left?.kid.startsWith('fresh ') && left.slot === 'current')
      deepEqual(others, [])
      deepEqual(await kindsOf(b), ['signing_key_rotated', 'signing_keys_revoked'])
    },
  ),
]

function key(kid: string, slot: StoredSigningKey['slot']): StoredSigningKey {
  const sealed = Uint8Array.of(1)
  return { kid, slot, slot_since: start, sealed, public_jwk: '{}', created_at: start }
}

async function addPair(store: Store) {
  equal(await store.addSigningKey(key('one', 'current')), 'added')
  equal(await store.addSigningKey(key('two', 'next')), 'added')
}

const promotion = (store: Store) => ({
  kid: 'two',
  replaces: 'one',
  now_ms: start + 1,
  event: event(store, { kind: 'signing_key_rotated' }),
})

/** What is in each slot: kid, since when, how many bytes of private part. */
async function slots(store: Store) {
  const keys = await store.listSigningKeys()
  return Object.fromEntries(
    keys.map(({ slot, kid, slot_since, sealed }) => [
      slot ?? 'none',
      [kid, slot_since, sealed.length],
    ]),
  )
}
