import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type BlobStore, type EphemeralStore, type Store } from '@kaimen/server'
import { createFolderBlobs } from '@kaimen/server/blobs/folder'
import { createMemoryBlobs } from '@kaimen/server/blobs/memory'
import { createS3Blobs } from '@kaimen/server/blobs/s3'
import { createMemoryEphemeralStore, createMemoryStore } from '@kaimen/server/store/memory'
import { createSqlEphemeralStore, createSqlStore, openSqlite } from '@kaimen/server/store/sql'
import {
  blobStoreContract,
  ephemeralStoreContract,
  storeContract,
  type Opened,
} from '@kaimen/server/store/suite'
import { describe, it } from 'vitest'
import { testClock } from '../support/clock.ts'
import { openS3 } from '../support/s3-server.ts'

async function openSqliteFile() {
  const clock = testClock()
  const folder = await mkdtemp(join(tmpdir(), 'kaimen-store-'))
  const database = openSqlite(join(folder, 'kaimen.db'))
  const store = createSqlStore(database, clock)
  await store.migrate()
  const close = async () => {
    await store.close()
    await rm(folder, { recursive: true })
  }
  return { database, store, clock, wait: clock.advance, close }
}

const stores: Record<string, () => Promise<Opened<Store>>> = {
  memory() {
    const clock = testClock()
    const store = createMemoryStore(clock)
    const close = () => store.close()
    return Promise.resolve({ a: store, b: store, wait: clock.advance, close })
  },
  async sqlite() {
    const { store, wait, close } = await openSqliteFile()
    return { a: store, b: store, wait, close }
  },
}

const ephemeralStores: Record<string, () => Promise<Opened<EphemeralStore>>> = {
  memory() {
    const clock = testClock()
    const store = createMemoryEphemeralStore(clock)
    const close = () => store.close()
    return Promise.resolve({ a: store, b: store, wait: clock.advance, close })
  },
  async sqlite() {
    const { database, clock, wait, close } = await openSqliteFile()
    return {
      a: createSqlEphemeralStore(database, clock),
      b: createSqlEphemeralStore(database, clock),
      wait,
      close,
    }
  },
}

const blobStores: Record<string, () => Promise<Opened<BlobStore>>> = {
  memory() {
    const blobs = createMemoryBlobs()
    const close = () => blobs.close()
    return Promise.resolve({ a: blobs, b: blobs, wait: setTimeout, close })
  },
  async folder() {
    const folder = await mkdtemp(join(tmpdir(), 'kaimen-blobs-'))
    const [a, b] = [createFolderBlobs(folder), createFolderBlobs(folder)]
    const close = async () => {
      await Promise.all([a.close(), b.close()])
      await rm(folder, { recursive: true })
    }
    return { a, b, wait: setTimeout, close }
  },
  async s3() {
    const s3 = await openS3()
    const options = {
      ...s3.options,
      prefix: 'people/',
      publicUrl: 'https://cdn.example.com',
      timeoutMs: 20_000,
    }
    const [a, b] = [createS3Blobs(options), createS3Blobs(options)]
    const close = async () => {
      await Promise.all([a.close(), b.close()])
      await s3.close()
    }
    return { a, b, wait: setTimeout, close }
  },
}

describe.each(Object.entries(stores))('the store on %s', (_, open) => {
  for (const { title, run } of storeContract) it(title, () => run(open))
})

describe.each(Object.entries(ephemeralStores))('the ephemeral store on %s', (_, open) => {
  for (const { title, run } of ephemeralStoreContract) it(title, () => run(open))
})

describe.each(Object.entries(blobStores))('the blob store in %s', (_, open) => {
  for (const { title, run } of blobStoreContract) it(title, () => run(open))
})
