import type { Clock } from '@kaimen/server'

/** A clock that stands still until it is moved. */
export type TestClock = Clock & { advance(milliseconds: number): void }

export function testClock(
  start = Date.UTC(2026, 0, 15, 8),
  { longestSleepMs = 5 } = {},
): TestClock {
  let now = start
  return {
    now: () => now,
    advance: (milliseconds) => void (now += milliseconds),
    // Polling loops wait for real, so that what they wait for can go on.
    sleep: (milliseconds) =>
      new Promise((resolve) => setTimeout(resolve, Math.min(milliseconds, longestSleepMs))),
  }
}
