import { setImmediate as nextTurn } from 'node:timers/promises'
import { secret } from '@kaimen/wechat'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defaultHashCost, hashPassword } from '../../src/password/hash.ts'
import { limitHashing } from '../../src/password/queue.ts'
import { systemRandom } from '../../src/random.ts'

/** Work that ends when it is told to. */
function startWork() {
  const begun: number[] = []
  const ends = new Map<number, (end: 'well' | 'badly') => void>()
  const work = (number: number) => () =>
    new Promise<number>((resolve, reject) => {
      begun.push(number)
      ends.set(number, (end) => (end === 'well' ? resolve(number) : reject(new Error('badly'))))
    })
  return { begun, ends, work }
}

test('[PW-5] no more run at once than may, as many wait as may, and one more is told to come back', async () => {
  const { begun, ends, work } = startWork()
  const queue = limitHashing({ concurrency: 2, maxWaiting: 3 })
  const settled = Promise.allSettled([1, 2, 3, 4, 5].map((number) => queue.run(work(number))))
  await nextTurn()
  expect(begun).toEqual([1, 2])
  await expect(queue.run(work(6))).rejects.toMatchObject({
    name: 'KaimenError',
    code: 'unavailable',
    retryAfterSeconds: 1,
  })
  ends.get(2)?.('well')
  await nextTurn()
  expect(begun).toEqual([1, 2, 3])
  const seventh = queue.run(work(7))
  await expect(queue.run(work(8))).rejects.toMatchObject({ code: 'unavailable' })
  for (const number of [1, 3, 4, 5, 7]) {
    ends.get(number)?.('well')
    await nextTurn()
  }
  expect(await seventh).toBe(7)
  expect((await settled).map(({ status }) => status)).toEqual(Array(5).fill('fulfilled'))
  expect(begun).toEqual([1, 2, 3, 4, 5, 7])
})

test('[PW-5] over any history turns come in order, none is lost, and none is given twice', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 0, max: 4 }),
      fc.array(fc.constantFrom('call', 'call', 'well', 'badly'), { maxLength: 60 }),
      async (concurrency, maxWaiting, history) => {
        const { begun, ends, work } = startWork()
        const queue = limitHashing({ concurrency, maxWaiting })
        const model = { running: [] as number[], waiting: [] as number[], begun: [] as number[] }
        const begin = (number: number) => {
          model.running.push(number)
          model.begun.push(number)
        }
        for (const [number, step] of history.entries()) {
          if (step === 'call') {
            const call = queue.run(work(number)).then(
              () => 'ran',
              (error: Error) => error.message,
            )
            if (model.running.length < concurrency) begin(number)
            else if (model.waiting.length < maxWaiting) model.waiting.push(number)
            else expect(await call).toBe('unavailable')
          } else {
            const ended = model.running.shift()
            if (ended === undefined) continue
            ends.get(ended)?.(step)
            const next = model.waiting.shift()
            if (next !== undefined) begin(next)
          }
          await nextTurn()
          expect(begun).toEqual(model.begun)
        }
      },
    ),
    { numRuns: 200 },
  )
})

test('[PW-5] the event loop turns while passwords are hashed', async () => {
  const queue = limitHashing({ concurrency: 2, maxWaiting: 20 })
  const order: string[] = []
  const hashes = Array.from({ length: 20 }, async () => {
    await queue.run((slot) =>
      hashPassword({ slot, cost: defaultHashCost, random: systemRandom }, secret('heron')),
    )
    order.push('hash')
  })
  const timer = setInterval(() => order.push('timer'), 1)
  await Promise.all(hashes)
  clearInterval(timer)
  // Computed on the event loop, the first batch of hashes would be over before any timer.
  expect(order[0]).toBe('timer')
  const between = order.slice(0, order.lastIndexOf('hash')).filter((what) => what === 'timer')
  expect(between.length).toBeGreaterThan(20)
})
