/** What came of acts under a key, for a while. */
export interface Outcomes<T> {
  /** What came, or is to come, of the act under `key`; `undefined` where there was none of late. */
  find(key: string): Promise<T> | undefined
  /** Acts, unless somebody has under this `key`; whoever asks again shares the outcome. */
  share(key: string, act: () => Promise<T>): Promise<T>
}

/**
 * WeChat may open a callback twice with one code, and a code is good for one exchange: the second
 * visit gets what came of the first. Of one process; where there are several, send a browser to the
 * same one.
 *
 * @param nowMs A clock that never goes back.
 */
export function keepOutcomes<T>(nowMs: () => number, ttlMs = 60_000): Outcomes<T> {
  const kept = new Map<string, { readonly outcome: Promise<T>; readonly endsAtMs: number }>()

  function find(key: string): Promise<T> | undefined {
    for (const [old, { endsAtMs }] of kept) {
      if (endsAtMs > nowMs()) break
      kept.delete(old)
    }
    return kept.get(key)?.outcome
  }

  return {
    find,
    share(key, act) {
      const known = find(key)
      if (known !== undefined) return known
      const outcome = act()
      kept.set(key, { outcome, endsAtMs: nowMs() + ttlMs })
      return outcome
    },
  }
}
