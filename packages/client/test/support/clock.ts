/** A clock that stands still until it is told to go on, and may be set wrong. */
export interface Clock {
  /** What time it is. */
  trueMs(): number
  /** What the device believes. */
  now(): number
  /** Returns what cancels it, which tells whether it was in time. */
  after(ms: number, run: () => void): () => boolean
  /** Runs the timers that fall due on the way, one by one. */
  advance(ms: number): Promise<void>
  /** Sets the device's clock wrong by so much; timers do not notice. */
  skew(ms: number): void
  /** Timers that have not fired nor been cancelled. */
  pending(): number
}

export function createClock(): Clock {
  let trueMs = Date.UTC(2026, 0, 1)
  let skewMs = 0
  const timers = new Set<{ atMs: number; run: () => void }>()
  return {
    trueMs: () => trueMs,
    now: () => trueMs + skewMs,
    after(ms, run) {
      const timer = { atMs: trueMs + ms, run }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    async advance(ms) {
      const endMs = trueMs + ms
      for (;;) {
        await quiet()
        const due = [...timers].filter(({ atMs }) => atMs <= endMs)
        const next = due.sort((a, b) => a.atMs - b.atMs)[0]
        if (!next) break
        timers.delete(next)
        trueMs = Math.max(trueMs, next.atMs)
        next.run()
      }
      trueMs = endMs
    },
    skew(ms) {
      skewMs += ms
    },
    pending: () => timers.size,
  }
}

/** Until everything that needs no timer and no network has run. */
export async function quiet(): Promise<void> {
  for (let round = 0; round < 4; round++)
    await new Promise<void>((resolve) => {
      setImmediate(resolve)
    })
}
