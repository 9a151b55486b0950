import { deepEqual, equal } from 'node:assert/strict'
import type { EphemeralStore } from '../ephemeral-store.ts'
import { contractTest, type ContractTest } from './contract-test.ts'

const ttlMs = 60_000

const count = (outcomes: readonly unknown[], wanted: unknown) =>
  outcomes.filter((outcome) => outcome === wanted).length

/** Runs `act` many times at once, by turns through both handles. */
const race = <Outcome>(
  { a, b }: { a: EphemeralStore; b: EphemeralStore },
  act: (store: EphemeralStore, index: number) => Promise<Outcome>,
): Promise<Outcome[]> =>
  Promise.all(Array.from({ length: 50 }, (_, index) => act(index % 2 ? a : b, index)))

/** What every {@link EphemeralStore} promises. */
export const ephemeralStoreContract: readonly ContractTest<EphemeralStore>[] = [
  contractTest('get gives what set wrote last, through either handle', async ({ a, b }) => {
    equal(await a.get('key'), undefined)
    await a.set('key', 'one', ttlMs)
    await b.set('key', 'two', ttlMs)
    equal(await a.get('key'), 'two')
    equal(await a.get('other'), undefined)
  }),

  contractTest('values come back as they were, whatever text they are', async ({ a, b }) => {
    const texts = [
      '',
      ' ',
      '开门',
      '{"a":"\\u0000\\""}',
      "'; drop table ephemeral; --",
      'x'.repeat(10_000),
    ]
    for (const text of texts) {
      await a.set(`key ${text.slice(0, 20)}`, text, ttlMs)
      equal(await b.get(`key ${text.slice(0, 20)}`), text)
    }
  }),

  contractTest('add writes only where nothing was', async ({ a, b }) => {
    equal(await a.add('key', 'one', ttlMs), true)
    equal(await b.add('key', 'two', ttlMs), false)
    equal(await a.get('key'), 'one')
  }),

  contractTest('of fifty who add at once exactly one is told true', async (stores) => {
    const outcomes = await race(stores, (store, index) => store.add('key', String(index), ttlMs))
    equal(count(outcomes, true), 1)
    equal(await stores.a.get('key'), String(outcomes.indexOf(true)))
  }),

  contractTest('take gives the value once', async ({ a, b }) => {
    await a.set('key', 'one', ttlMs)
    equal(await b.take('key'), 'one')
    equal(await a.take('key'), undefined)
    equal(await a.get('key'), undefined)
  }),

  contractTest('of fifty who take at once exactly one gets the value', async (stores) => {
    await stores.a.set('key', 'one', ttlMs)
    const outcomes = await race(stores, (store) => store.take('key'))
    equal(count(outcomes, 'one'), 1)
    equal(count(outcomes, undefined), 49)
  }),

  contractTest('replace writes only over the expected value', async ({ a, b }) => {
    equal(await a.replace('key', 'one', 'two', ttlMs), false)
    await a.set('key', 'one', ttlMs)
    equal(await b.replace('key', 'other', 'two', ttlMs), false)
    equal(await b.replace('key', 'one', 'two', ttlMs), true)
    equal(await a.get('key'), 'two')
  }),

  contractTest('of fifty who replace the same value exactly one is told true', async (stores) => {
    await stores.a.set('key', 'start', ttlMs)
    const outcomes = await race(stores, (store, index) =>
      store.replace('key', 'start', `new ${index}`, ttlMs),
    )
    equal(count(outcomes, true), 1)
    equal(await stores.b.get('key'), `new ${outcomes.indexOf(true)}`)
  }),

  contractTest('increment counts from 0 and loses none of fifty at once', async (stores) => {
    const sums = await race(stores, (store) => store.increment('key', 2, ttlMs))
    deepEqual(
      sums.sort((x, y) => x - y),
      Array.from({ length: 50 }, (_, index) => (index + 1) * 2),
    )
  }),

  contractTest('what has lived its time is gone, for every verb', async ({ a, b, wait }) => {
    const soon = 1000
    await a.set('set', 'x', soon)
    await a.add('add', 'x', soon)
    await a.set('take', 'x', soon)
    await a.set('replace', 'x', soon)
    await a.increment('increment', 5, soon)
    await wait(soon * 1.5)
    equal(await b.get('set'), undefined)
    equal(await b.add('add', 'y', ttlMs), true)
    equal(await b.take('take'), undefined)
    equal(await b.replace('replace', 'x', 'y', ttlMs), false)
    equal(await b.increment('increment', 1, ttlMs), 1)
  }),

  contractTest('the time of a counter runs from its first increment', async ({ a, wait }) => {
    await a.increment('key', 1, 3000)
    await wait(2000)
    equal(await a.increment('key', 1, 3000), 2)
    await wait(2000)
    equal(await a.increment('key', 1, 3000), 1)
  }),
]
