/**
 * Where processes share their access_tokens: three verbs of a store of texts, such as Kaimen's
 * `EphemeralStore`. Each is one atomic act, whoever else acts on the key at the same time. A key is
 * gone when its time to live, in milliseconds, has passed; a key lost early costs a request.
 */
export interface TokenStore {
  get(key: string): Promise<string | undefined>
  /** Writes only where nothing was. Of callers who race, exactly one is told `true`. */
  add(key: string, value: string, ttlMs: number): Promise<boolean>
  /** Writes only where the value is still `expected`. Of callers who race, at most one is `true`. */
  replace(key: string, expected: string, value: string, ttlMs: number): Promise<boolean>
}

/** A store for one process. Nothing is ever lost from it: there is one key per app. */
export function keepInMemory(): TokenStore {
  const values = new Map<string, string>()
  return {
    get: async (key) => values.get(key),
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
}
