/**
 * Blobs in this process's memory: for tests and for trials.
 *
 * @module
 */

import { LRUCache } from 'lru-cache'
import { checkBlobName } from '../blob.ts'
import type { BlobStore } from '../store/blob-store.ts'

export type { BlobStore } from '../store/blob-store.ts'

const defaultMaxBytes = 64 * 1024 * 1024

/**
 * The {@link BlobStore} contract, but for the crash that nothing here survives.
 *
 * @param options.maxBytes Of all blobs together, from 1; by default 67108864 (64 MiB). Over that,
 *   those are let go that nobody used for longest. A single blob over it is refused.
 */
export function createMemoryBlobs({ maxBytes = defaultMaxBytes } = {}): BlobStore {
  const blobs = new LRUCache<string, Uint8Array>({
    maxSize: maxBytes,
    // An empty one counts too: without a size it could not be held at all.
    sizeCalculation: (bytes) => Math.max(1, bytes.length),
  })
  let isClosed = false

  function check(name: string): void {
    if (isClosed) throw new Error('This blob store is closed')
    checkBlobName(name)
  }

  return {
    async put(name, bytes) {
      check(name)
      if (bytes.length > maxBytes) {
        throw new Error(`A blob of ${bytes.length} bytes is over maxBytes, ${maxBytes}`)
      }
      blobs.set(name, Uint8Array.from(bytes))
    },

    async get(name) {
      check(name)
      const bytes = blobs.get(name)
      return bytes && Uint8Array.from(bytes)
    },

    async delete(name) {
      check(name)
      blobs.delete(name)
    },

    async close() {
      isClosed = true
      blobs.clear()
    },
  }
}
