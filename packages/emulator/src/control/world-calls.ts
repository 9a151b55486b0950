import { nowText } from '../world/clock.ts'
import type { App } from '../world/app.ts'
import { resetWorld } from '../world/world.ts'
import type { World } from '../world/world.ts'
import { ok } from './control-call.ts'
import type { ControlCall } from './control-call.ts'
import { readFields } from './read-fields.ts'

export const getWorld: ControlCall = {
  method: 'GET',
  path: '/emulator/world',
  answer: (world) => ok(describeWorld(world)),
}

/** Everything becomes what it was at the start; held requests are cut off. */
export const postReset: ControlCall = {
  method: 'POST',
  path: '/emulator/reset',
  answer(world, { body }, holds) {
    readFields({}, body)
    resetWorld(world)
    holds.releaseAll('cut')
    return ok(describeWorld(world))
  },
}

/** An app as a developer's console shows it. */
export function describeApp({ kind, appid, secret, open_platform }: App) {
  return { kind, appid, secret, open_platform }
}

function describeWorld(world: World) {
  return {
    apps: [...world.apps.values()].map(describeApp),
    people: [...world.people.values()],
    now: nowText(world),
  }
}
