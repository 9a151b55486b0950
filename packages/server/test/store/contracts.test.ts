import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EphemeralStore, type Store } from '@kaimen/server'
import { createMemoryEphemeralStore, createMemoryStore } from '@kaimen/server/store/memory'
import { createSqlEphemeralStore, createSqlStore, openSqlite } from '@kaimen/server/store/sql'
import { ephemeralStoreContract, storeContract, type Opened } from '@kaimen/server/store/suite'
import { describe, it } from 'vitest'
import { testClock } from '../support/clock.ts'

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

describe.each(Object.entries(stores))('the store on %s', (_, open) => {
  for (const { title, run } of storeContract) it(title, () => run(open))
})

describe.each(Object.entries(ephemeralStores))('the ephemeral store on %s', (_, open) => {
  for (const { title, run } of ephemeralStoreContract) it(title, () => run(open))
})
