import type { App } from './app.ts'
import { nowMs } from './clock.ts'
import type { World } from './world.ts'

/** Makes a person follow a service account, or no longer. */
export function setFollowing(world: World, app: App, personId: string, follows: boolean): void {
  const id = followerId(app, personId)
  if (!follows) world.followers.delete(id)
  else if (!world.followers.has(id)) world.followers.set(id, nowMs(world))
}

/** When the person began to follow, in milliseconds; undefined for one who does not. */
export function followingSince(world: World, app: App, personId: string): number | undefined {
  return world.followers.get(followerId(app, personId))
}

// An appid holds no space.
function followerId(app: App, personId: string): string {
  return `${app.appid} ${personId}`
}
