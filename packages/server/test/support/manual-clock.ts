import type { Clock } from '@kaimen/server'

/** A clock that stands still; whoever sleeps wakes only when it is moved, or by the signal. */
export type ManualClock = Clock & {
  advance(milliseconds: number): void
  /** For how long whoever sleeps still will, in milliseconds; shortest first. */
  sleeping(): number[]
}

export function manualClock(start = Date.UTC(2026, 0, 15, 8)): ManualClock {
  let now = start
  const sleepers = new Set<{ due: number; wake: () => void }>()
  return {
    now: () => now,
    sleep: (milliseconds, signal) =>
      new Promise((resolve) => {
        const sleeper = { due: now + milliseconds, wake }
        function wake() {
          sleepers.delete(sleeper)
          resolve()
        }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', wake, { once: true })
      }),
    advance(milliseconds) {
      now += milliseconds
      for (const { due, wake } of sleepers) if (due <= now) wake()
    },
    sleeping: () => [...sleepers].map(({ due }) => due - now).sort((a, b) => a - b),
  }
}
