import { nowMs } from './clock.ts'
import { openidOf } from './identity.ts'
import type { World } from './world.ts'

/** A key that WeChat shares with a person's phone and the back end of a mini program. */
export interface UserKey {
  /** Base64 of 16 bytes. */
  readonly encryptKey: string
  /** 16 hexadecimal digits. */
  readonly iv: string
  /** Counts up with each key of this person and app. */
  readonly version: number
  readonly createdAtMs: number
}

const userKeyTtlMs = 3600_000
const userKeysKept = 3

/** The key that the phone is given: the newest, or a new one if that has expired. */
export function latestUserKey(world: World, appid: string, personId: string): UserKey {
  const keys = listUserKeys(world, openidOf(personId, appid))
  const [newest] = keys
  if (newest && secondsLeft(world, newest) > 0) return newest
  const key = {
    encryptKey: Buffer.from(world.sources.random(16)).toString('base64'),
    iv: Buffer.from(world.sources.random(8)).toString('hex'),
    version: (newest?.version ?? 0) + 1,
    createdAtMs: nowMs(world),
  }
  world.userKeys.set(openidOf(personId, appid), [key, ...keys].slice(0, userKeysKept))
  return key
}

/** The three newest keys, the newest first. */
export function listUserKeys(world: World, openid: string): readonly UserKey[] {
  return world.userKeys.get(openid) ?? []
}

/** How long the key still lives; 0 if it has expired. */
export function secondsLeft(world: World, key: UserKey): number {
  return Math.max(0, Math.ceil((key.createdAtMs + userKeyTtlMs - nowMs(world)) / 1000))
}
