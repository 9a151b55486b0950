import { LRUCache } from 'lru-cache'
import type { Clock } from '../../clock.ts'
import type { EphemeralStore } from '../ephemeral-store.ts'

/** How many keys are held before those that nobody used for longest are let go. */
const maxKeys = 100_000

/** The {@link EphemeralStore} contract in this process's memory: for one process, and for tests. */
export function createMemoryEphemeralStore(clock: Clock): EphemeralStore {
  type Entry = { value: string; expiresAt: number }
  const entries = new LRUCache<string, Entry>({ max: maxKeys })

  function read(key: string): Entry | undefined {
    const entry = entries.get(key)
    if (!entry || entry.expiresAt > clock.now()) return entry
    entries.delete(key)
    return undefined
  }

  const expiry = (ttlMs: number) => clock.now() + ttlMs

  return {
    get: (key) => Promise.resolve(read(key)?.value),

    set(key, value, ttlMs) {
      entries.set(key, { value, expiresAt: expiry(ttlMs) })
      return Promise.resolve()
    },

    add(key, value, ttlMs) {
      if (read(key)) return Promise.resolve(false)
      entries.set(key, { value, expiresAt: expiry(ttlMs) })
      return Promise.resolve(true)
    },

    take(key) {
      const value = read(key)?.value
      entries.delete(key)
      return Promise.resolve(value)
    },

    replace(key, expected, value, ttlMs) {
      if (read(key)?.value !== expected) return Promise.resolve(false)
      entries.set(key, { value, expiresAt: expiry(ttlMs) })
      return Promise.resolve(true)
    },

    increment(key, by, ttlMs) {
      const entry = read(key)
      const sum = Number(entry?.value ?? 0) + by
      entries.set(key, { value: String(sum), expiresAt: entry?.expiresAt ?? expiry(ttlMs) })
      return Promise.resolve(sum)
    },

    close() {
      entries.clear()
      return Promise.resolve()
    },
  }
}
