import { LRUCache } from 'lru-cache'
import { minuteMs, type Clock } from '../../clock.ts'
import type { EphemeralStore } from '../ephemeral-store.ts'

/** How many keys are held before those that nobody used for longest are let go: some 30 MB. */
const maxKeys = 100_000
/** How often what has had its time is let go, though nobody asks for it. */
const purgeMs = minuteMs

/** The {@link EphemeralStore} contract in this process's memory: for one process, and for tests. */
export function createMemoryEphemeralStore(clock: Clock): EphemeralStore {
  const entries = new LRUCache<string, string>({
    // Told the number of keys in advance, the cache would take the room for all at once, and the time.
    maxSize: maxKeys,
    sizeCalculation: () => 1,
    perf: clock,
    ttlResolution: 0,
  })
  let purgedAt = clock.now()

  function write(key: string, value: string, ttlMs: number) {
    purge()
    // The cache holds a key through the last millisecond of its time, and for ever where that is 0.
    entries.set(key, value, { ttl: ttlMs > 1 ? ttlMs - 1 : -1 })
  }

  /** Each looks at every key, so they come a minute apart: a few milliseconds with all there may be. */
  function purge() {
    const now = clock.now()
    if (now - purgedAt < purgeMs) return
    purgedAt = now
    entries.purgeStale()
  }

  return {
    get: (key) => Promise.resolve(entries.get(key)),

    set(key, value, ttlMs) {
      write(key, value, ttlMs)
      return Promise.resolve()
    },

    add(key, value, ttlMs) {
      if (entries.get(key) !== undefined) return Promise.resolve(false)
      write(key, value, ttlMs)
      return Promise.resolve(true)
    },

    take(key) {
      const value = entries.get(key)
      entries.delete(key)
      return Promise.resolve(value)
    },

    replace(key, expected, value, ttlMs) {
      if (entries.get(key) !== expected) return Promise.resolve(false)
      write(key, value, ttlMs)
      return Promise.resolve(true)
    },

    increment(key, by, ttlMs) {
      const known = entries.get(key)
      const sum = Number(known ?? 0) + by
      if (known === undefined) write(key, String(sum), ttlMs)
      else entries.set(key, String(sum), { noUpdateTTL: true })
      return Promise.resolve(sum)
    },

    close() {
      entries.clear()
      return Promise.resolve()
    },
  }
}
