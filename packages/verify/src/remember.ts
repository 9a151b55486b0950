export type Memory<T> = { get(token: string): T | undefined; set(token: string, value: T): void }

/**
 * Remembers the `size` that were last asked for, and up to as many before. Two maps that take
 * turns: a look-up is one or two of a `Map`, and nothing is kept in order.
 */
export function remember<T>(size: number): Memory<T> {
  let young = new Map<string, T>()
  let old = new Map<string, T>()
  return { get, set }

  function get(token: string): T | undefined {
    const value = young.get(token)
    if (value !== undefined) return value
    const older = old.get(token)
    if (older !== undefined) set(token, older)
    return older
  }

  function set(token: string, value: T) {
    if (young.size >= size) {
      old = young
      young = new Map()
    }
    young.set(token, value)
  }
}
