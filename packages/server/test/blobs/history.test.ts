import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BlobStore } from '@kaimen/server'
import { createFolderBlobs } from '@kaimen/server/blobs/folder'
import { createMemoryBlobs } from '@kaimen/server/blobs/memory'
import { createS3Blobs } from '@kaimen/server/blobs/s3'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openS3 } from '../support/s3-server.ts'

let folder: string
let s3: Awaited<ReturnType<typeof openS3>>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaimen-blobs-'))
  s3 = await openS3()
})
afterAll(async () => {
  await s3.close()
  await rm(folder, { recursive: true })
})

const stores: Record<string, () => BlobStore> = {
  memory: () => createMemoryBlobs(),
  folder: () => createFolderBlobs(folder),
  s3: () => createS3Blobs(s3.options),
}

const name = fc.constantFrom('a.png', 'a.jpg', 'b.png')
const step = fc.oneof(
  fc.record({ act: fc.constant('put'), name, bytes: fc.uint8Array({ maxLength: 300 }) }),
  fc.record({ act: fc.constantFrom('get', 'delete'), name, bytes: fc.constant(new Uint8Array()) }),
)

it.each(Object.entries(stores))(
  'blobs in %s are as a map would have them, whatever was done one after the other',
  async (_, open) => {
    const blobs = open()
    const history = fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      for (const each of ['a.png', 'a.jpg', 'b.png']) await blobs.delete(each)
      const model = new Map<string, Uint8Array>()
      for (const { act, name, bytes } of steps) {
        if (act === 'put') {
          await blobs.put(name, bytes)
          model.set(name, bytes)
        } else if (act === 'delete') {
          await blobs.delete(name)
          model.delete(name)
        } else {
          expect(await blobs.get(name)).toEqual(model.get(name))
        }
      }
      for (const each of ['a.png', 'a.jpg', 'b.png']) {
        expect(await blobs.get(each)).toEqual(model.get(each))
      }
    })
    await fc.assert(history, { numRuns: 40 })
    await blobs.close()
  },
)
