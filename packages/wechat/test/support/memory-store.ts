import type { TokenStore } from '../../src/index.ts'

/** A store in memory whose every verb can be looked at and held up. */
export function openMemoryStore() {
  const values = new Map<string, string>()
  const store: TokenStore = {
    async get(key) {
      return values.get(key)
    },
    async add(key, value) {
      if (values.has(key)) return false
      values.set(key, value)
      return true
    },
    async replace(key, expected, value) {
      if (values.get(key) !== expected) return false
      values.set(key, value)
      return true
    },
  }
  return { store, values }
}
