import { nowMs } from './clock.ts'
import type { World } from './world.ts'

/**
 * Drops what is `ttlMs` old, and the oldest beyond the number that is kept. The records lie in the
 * order of their age, so this stops at the first young one.
 */
export function dropOld(
  world: World,
  records: Map<string, { readonly issuedAtMs: number }>,
  ttlMs: number,
  kept: number,
): void {
  for (const [id, { issuedAtMs }] of records) {
    if (records.size <= kept && nowMs(world) - issuedAtMs < ttlMs) return
    records.delete(id)
  }
}
