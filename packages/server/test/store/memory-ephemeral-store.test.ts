import { createMemoryEphemeralStore } from '@kaimen/server/store/memory'
import { expect, test } from 'vitest'
import { testClock } from '../support/clock.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const maxKeys = 100_000

test('of more keys than it holds, those go that nobody used for longest', async () => {
  const store = createMemoryEphemeralStore(testClock())
  for (let index = 0; index < maxKeys; index++) await store.set(`key ${index}`, 'x', hourMs)
  expect(await store.get('key 0')).toBe('x')
  await store.set('one more', 'x', hourMs)
  expect(await store.get('key 0')).toBe('x')
  expect(await store.get('key 1')).toBeUndefined()
  expect(await store.get('key 2')).toBe('x')
})

test('a key whose time is not over is not pushed out by those that have had theirs', async () => {
  const clock = testClock()
  const store = createMemoryEphemeralStore(clock)
  await store.set('key', 'x', hourMs)
  for (let index = 1; index < maxKeys; index++) await store.add(`${index}`, 'x', minuteMs)
  clock.advance(minuteMs)
  await store.add('one more', 'x', minuteMs)
  expect(await store.get('key')).toBe('x')
})

test.each([-1, 0, 1])('with %i ms to live a key is gone a millisecond later', async (ttlMs) => {
  const clock = testClock()
  const store = createMemoryEphemeralStore(clock)
  await store.set('key', 'x', ttlMs)
  clock.advance(1)
  expect(await store.get('key')).toBeUndefined()
})
