import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type BlobStore, type EphemeralStore, type Store } from '@kaimen/server'
import { createFolderBlobs } from '@kaimen/server/blobs/folder'
import { createMemoryBlobs } from '@kaimen/server/blobs/memory'
import { createS3Blobs } from '@kaimen/server/blobs/s3'
import { createMemoryEphemeralStore, createMemoryStore } from '@kaimen/server/store/memory'
import { createSqlEphemeralStore, createSqlStore } from '@kaimen/server/store/sql'
import {
  blobStoreContract,
  ephemeralStoreContract,
  storeContract,
  type Opened,
} from '@kaimen/server/store/suite'
import { afterAll, describe, it } from 'vitest'
import { testClock } from '../support/clock.ts'
import {
  chances,
  lacksServer,
  openTwoNodes,
  serverKinds,
  type ServerKind,
  type TwoNodes,
} from '../support/databases.ts'
import { openS3 } from '../support/s3-server.ts'

/** Opened when the first test needs it; each test finds it empty. */
function sharedNodes(kind: ServerKind | 'sqlite') {
  let nodes: Promise<TwoNodes> | undefined
  return {
    async open() {
      nodes ??= openTwoNodes(kind)
      const { a, b, empty } = await nodes
      await empty()
      const clock = testClock()
      return { a, b, clock, wait: clock.advance, close: () => Promise.resolve() }
    },
    async close() {
      await (await nodes)?.close()
    },
  }
}

const sqlNodes = Object.fromEntries(
  (['sqlite', ...serverKinds.filter((kind) => !lacksServer[kind])] as const).map((kind) => [
    kind,
    sharedNodes(kind),
  ]),
)
afterAll(async () => {
  await Promise.all(Object.values(sqlNodes).map((nodes) => nodes.close()))
})

const stores: Record<string, () => Promise<Opened<Store>>> = {
  memory() {
    const clock = testClock()
    const store = createMemoryStore(clock)
    const close = () => store.close()
    return Promise.resolve({ a: store, b: store, wait: clock.advance, close })
  },
}

const ephemeralStores: Record<string, () => Promise<Opened<EphemeralStore>>> = {
  memory() {
    const clock = testClock()
    const store = createMemoryEphemeralStore(clock)
    const close = () => store.close()
    return Promise.resolve({ a: store, b: store, wait: clock.advance, close })
  },
}

for (const [name, nodes] of Object.entries(sqlNodes)) {
  stores[name] = async () => {
    const { a, b, clock, ...rest } = await nodes.open()
    return {
      a: createSqlStore(a, clock, chances.a),
      b: createSqlStore(b, clock, chances.b),
      ...rest,
    }
  }
  ephemeralStores[name] = async () => {
    const { a, b, clock, ...rest } = await nodes.open()
    return { a: createSqlEphemeralStore(a, clock), b: createSqlEphemeralStore(b, clock), ...rest }
  }
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
