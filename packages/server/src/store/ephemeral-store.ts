/**
 * What lives for minutes: claims on codes, tickets, counters. Losing it costs a retry.
 *
 * The contract, held by the suite in `@kaimen/server/store/suite`: each verb is one atomic act,
 * whoever else acts on the key at the same time. Values are text. A key is gone when its time to
 * live, in milliseconds, has passed.
 */
export type EphemeralStore = {
  get(key: string): Promise<string | undefined>
  /** Writes, whatever was there. */
  set(key: string, value: string, ttlMs: number): Promise<void>
  /** Writes only where nothing was. Of callers who race, exactly one is told `true`. */
  add(key: string, value: string, ttlMs: number): Promise<boolean>
  /** Reads and deletes. Of callers who race, exactly one gets the value. */
  take(key: string): Promise<string | undefined>
  /**
   * Writes only where the value is still `expected`. Of callers who race, at most one is told
   * `true`.
   */
  replace(key: string, expected: string, value: string, ttlMs: number): Promise<boolean>
  /** Adds to a counter that begins at 0, and says the sum. The time to live runs from the first. */
  increment(key: string, by: number, ttlMs: number): Promise<number>
  close(): Promise<void>
}
