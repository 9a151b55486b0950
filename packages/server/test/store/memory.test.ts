import { createMemoryEphemeralStore } from '@kaimen/server/store/memory'
import { expect, it } from 'vitest'
import { testClock } from '../support/clock.ts'

it('[AU-6] the store in memory holds 100,000 keys, and lets go of those that nobody used for longest', async () => {
  const store = createMemoryEphemeralStore(testClock())
  await store.set('used', '1', 60_000)
  await store.set('forgotten', '1', 60_000)
  for (let n = 0; n < 99_998; n++) await store.increment(`of a stranger/${n}`, 1, 60_000)
  expect(await store.get('forgotten')).toBe('1')
  expect(await store.get('used')).toBe('1')
  expect(await store.increment('used', 1, 60_000)).toBe(2)
  for (let n = 0; n < 99_999; n++) await store.add(`of another/${n}`, '1', 60_000)
  expect(await store.get('used')).toBe('2')
  expect(await store.get('forgotten')).toBeUndefined()
  expect(await store.get('of a stranger/0')).toBeUndefined()
  await store.close()
})
