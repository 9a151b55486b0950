import type { Masked } from './call.ts'
import { nowMs } from './clock.ts'
import { dropOld } from './drop-old.ts'
import type { World } from './world.ts'

/** A request that was refused, as `/cgi-bin/openapi/rid/get` tells of it. */
export interface Rid {
  readonly appid: string | undefined
  readonly issuedAtMs: number
  readonly query: Masked
  readonly requestBody: Masked | string
  readonly responseBody: string
  readonly clientIp: string
}

const weekMs = 7 * 24 * 3600 * 1000

/** Older ones are known for a while, to be told from those that never were. */
const ridTtlMs = 2 * weekMs

/** More than so many are not known; the oldest are forgotten first. */
const ridsKept = 10_000

/** Three groups of eight hexadecimal digits, the first of which is the Unix time. */
export function newRid(world: World): string {
  const time = Math.floor(nowMs(world) / 1000).toString(16)
  const rest = Buffer.from(world.sources.random(8)).toString('hex')
  return `${time.padStart(8, '0')}-${rest.slice(0, 8)}-${rest.slice(8)}`
}

export function recordRid(world: World, rid: string, refused: Omit<Rid, 'issuedAtMs'>): void {
  world.rids.set(rid, { ...refused, issuedAtMs: nowMs(world) })
  dropOld(world, world.rids, ridTtlMs, ridsKept)
}

/** A rid of the last 7 days. */
export function findRid(world: World, rid: string): Rid | 'unknown' | 'too_old' {
  const found = world.rids.get(rid)
  if (!found) return 'unknown'
  return nowMs(world) - found.issuedAtMs < weekMs ? found : 'too_old'
}
