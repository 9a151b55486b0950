import { createMemoryBlobs } from '@kaimen/server/blobs/memory'
import { expect, it } from 'vitest'

const filled = (length: number) => new Uint8Array(length)

it('blobs in memory let go of those that nobody used for longest', async () => {
  const blobs = createMemoryBlobs({ maxBytes: 100 })
  await blobs.put('one.png', filled(40))
  await blobs.put('two.png', filled(40))
  await blobs.get('one.png')
  await blobs.put('three.png', filled(40))
  expect(await blobs.get('two.png')).toBeUndefined()
  expect(await blobs.get('one.png')).toHaveLength(40)
  expect(await blobs.get('three.png')).toHaveLength(40)
})

it('a blob that is over the bound alone is refused, and drives out no other', async () => {
  const blobs = createMemoryBlobs({ maxBytes: 100 })
  await blobs.put('one.png', filled(100))
  await expect(blobs.put('two.png', filled(101))).rejects.toThrow(
    'A blob of 101 bytes is over maxBytes, 100',
  )
  expect(await blobs.get('one.png')).toHaveLength(100)
})
