import { deepEqual, equal, ok } from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import type { Store, StoredEvent } from '../store.ts'
import { contractTest, type ContractTest, type Opened } from './contract-test.ts'

const start = Date.UTC(2026, 0, 15, 8)

const event = (id: number, kind: string): StoredEvent => {
  return { id, at: start, kind, user_id: null, session_id: null, app_id: null, detail: null }
}

const hasParallelWriters = ({ settleMs }: Store) => settleMs > 2000

/** One that was stamped before the others became old enough, and comes to be written after. */
async function walkPast({ a, b, wait }: Omit<Opened<Store>, 'close'>) {
  const late = event(b.newId(), 'late')
  await a.addEvent(event(a.newId(), 'first'))
  await wait(a.settleMs)
  const walked = await a.listEvents({ limit: 10 })
  deepEqual(
    walked.map(({ kind }) => kind),
    ['first'],
  )
  await b.addEvent(late)
  const [next] = await a.listEvents({ after: walked[0]?.id ?? 0, limit: 10 })
  equal(next?.kind, 'late')
  ok(next.id > late.id && next.at >= start + a.settleMs)
}

/** What {@link Store} promises to those who walk the log of events, each from where it has come. */
export const eventLogContract: readonly ContractTest<Store>[] = [
  contractTest('an event is numbered above all that can be walked past', async ({ a, b, wait }) => {
    if (hasParallelWriters(a)) return walkPast({ a, b, wait })
    const [early, late] = [a.newId(), a.newId()]
    await a.addEvent(event(late, 'first'))
    await b.addEvent(event(early, 'second'))
    await a.addEvent(event(late, 'third'))
    const events = await a.listEvents({ limit: 10 })
    deepEqual(
      events.map(({ kind }) => kind),
      ['first', 'second', 'third'],
    )
    equal(events[0]?.id, late)
    const after = await b.listEvents({ after: late, limit: 10 })
    deepEqual(after, events.slice(1))
  }),

  contractTest(
    'who walks the log while fifty write to it meets every event',
    async ({ a, b, wait }) => {
      const kinds = Array.from({ length: 50 }, (_, index) => `event ${index}`)
      const ids = kinds.map((_, index) => (index % 2 ? a : b).newId())
      const writers = { done: false }
      const writing = Promise.all(
        kinds.map((kind, i) => (i % 2 ? b : a).addEvent(event(ids[49 - i] ?? 0, kind))),
      ).finally(() => (writers.done = true))
      const met: string[] = []
      let after = 0
      for (let isLast = false; !isLast;) {
        // The writers have their turn too.
        await setImmediate()
        isLast = writers.done
        // Nothing is old enough yet, where that is what it takes.
        if (hasParallelWriters(a)) {
          if (!isLast) continue
          await wait(a.settleMs)
        }
        for (const { id, kind } of await a.listEvents({ after, limit: 7 })) {
          ok(id > after)
          after = id
          met.push(kind)
          isLast = false
        }
      }
      await writing
      deepEqual(met.sort(), kinds.sort())
    },
  ),

  contractTest('a cursor is nowhere until it is first moved', async ({ a, b }) => {
    equal(await a.readCursor('reader'), undefined)
    equal(await a.moveCursor({ name: 'reader', from: 0, to: 5 }), false)
    equal(await a.readCursor('reader'), undefined)
    equal(await a.moveCursor({ name: 'reader', from: undefined, to: 5 }), true)
    equal(await b.readCursor('reader'), 5)
  }),

  contractTest('a cursor moves only from where it stands', async ({ a, b }) => {
    await a.moveCursor({ name: 'reader', from: undefined, to: 5 })
    equal(await b.moveCursor({ name: 'reader', from: undefined, to: 6 }), false)
    equal(await b.moveCursor({ name: 'reader', from: 4, to: 6 }), false)
    equal(await a.readCursor('reader'), 5)
    const far = a.newId()
    equal(await b.moveCursor({ name: 'reader', from: 5, to: far }), true)
    equal(await a.readCursor('reader'), far)
  }),

  contractTest('each name is a cursor of its own', async ({ a, b }) => {
    await a.moveCursor({ name: 'reader', from: undefined, to: 5 })
    await b.moveCursor({ name: 'other', from: undefined, to: 6 })
    equal(await b.readCursor('reader'), 5)
    equal(await a.readCursor('other'), 6)
  }),

  contractTest('of fifty who move a cursor from one place exactly one does', async ({ a, b }) => {
    for (const from of [undefined, 100]) {
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          (index % 2 ? a : b).moveCursor({ name: 'reader', from, to: from ? 200 + index : 100 }),
        ),
      )
      equal(outcomes.filter(Boolean).length, 1)
      if (from) equal(await a.readCursor('reader'), 200 + outcomes.indexOf(true))
    }
  }),
]
