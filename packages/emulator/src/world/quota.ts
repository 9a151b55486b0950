import type { App } from './app.ts'
import { nowMs } from './clock.ts'
import type { World } from './world.ts'

/** Counts one exchange against the app's minute; false if the minute's quota was used up. */
export function spendExchangeQuota(world: World, app: App): boolean {
  const minute = Math.floor(nowMs(world) / 60_000)
  if (app.quota_used.minute !== minute) app.quota_used = { minute, jscode2session: 0 }
  const limit = app.switches.quota?.jscode2session_per_minute ?? Infinity
  if (app.quota_used.jscode2session >= limit) return false
  app.quota_used.jscode2session += 1
  return true
}
