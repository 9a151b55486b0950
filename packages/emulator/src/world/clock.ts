import type { World } from './world.ts'

/** The world's time in milliseconds since the Unix epoch. */
export function nowMs(world: World): number {
  return world.sources.now() + world.clockOffsetMs
}

/** The world's time as RFC 3339, in UTC. */
export function nowText(world: World): string {
  return new Date(nowMs(world)).toISOString()
}

// A rid carries the time as eight hexadecimal digits, which end in 2106.
const endOfTimeMs = Date.UTC(2100, 0, 1)

/** Moves the clock on. `too_far`, and no change, if it would pass the year 2100. */
export function advanceClock(world: World, seconds: number): 'advanced' | 'too_far' {
  const advanceMs = Math.round(seconds * 1000)
  if (nowMs(world) + advanceMs >= endOfTimeMs) return 'too_far'
  world.clockOffsetMs += advanceMs
  return 'advanced'
}
