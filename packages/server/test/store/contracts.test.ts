import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, type EphemeralStore, type Store } from '@kaimen/server'
import { createMemoryEphemeralStore, createMemoryStore } from '@kaimen/server/store/memory'
import { createSqlEphemeralStore, createSqlStore, openSqlite } from '@kaimen/server/store/sql'
import { ephemeralStoreContract, storeContract, type Opened } from '@kaimen/server/store/suite'
import { describe, it } from 'vitest'

async function openSqliteFile() {
  const folder = await mkdtemp(join(tmpdir(), 'kaimen-store-'))
  const database = openSqlite(join(folder, 'kaimen.db'))
  const store = createSqlStore(database, systemClock)
  await store.migrate()
  const close = async () => {
    await store.close()
    await rm(folder, { recursive: true })
  }
  return { database, store, close }
}

const stores: Record<string, () => Promise<Opened<Store>>> = {
  memory() {
    const store = createMemoryStore(systemClock)
    return Promise.resolve({ a: store, b: store, close: () => store.close() })
  },
  async sqlite() {
    const { store, close } = await openSqliteFile()
    return { a: store, b: store, close }
  },
}

const ephemeralStores: Record<string, () => Promise<Opened<EphemeralStore>>> = {
  memory() {
    const store = createMemoryEphemeralStore(systemClock)
    return Promise.resolve({ a: store, b: store, close: () => store.close() })
  },
  async sqlite() {
    const { database, close } = await openSqliteFile()
    return {
      a: createSqlEphemeralStore(database, systemClock),
      b: createSqlEphemeralStore(database, systemClock),
      close,
    }
  },
}

describe.each(Object.entries(stores))('the store on %s', (_, open) => {
  for (const { title, run } of storeContract) it(title, () => run(open))
})

describe.each(Object.entries(ephemeralStores))('the ephemeral store on %s', (_, open) => {
  for (const { title, run } of ephemeralStoreContract) it(title, () => run(open))
})
