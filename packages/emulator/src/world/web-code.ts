import { nowMs } from './clock.ts'
import type { World } from './world.ts'

export type WebScope = 'snsapi_base' | 'snsapi_userinfo' | 'snsapi_login'

/** What a page of WeChat's gave a browser. */
export interface WebCode {
  readonly appid: string
  readonly personId: string
  readonly scope: WebScope
  /** Whether it was given to a visitor of a snapshot page, whom nobody is to know. */
  readonly snapshot: boolean
  readonly expiresAtMs: number
  used: boolean
}

/** More unexpired codes than this are not kept; the oldest go first. */
const webCodesKept = 100_000

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** A new code: 32 letters and digits that begin with 0. One of a website lives twice as long. */
export function issueWebCode(
  world: World,
  about: Pick<WebCode, 'appid' | 'personId' | 'scope' | 'snapshot'>,
): string {
  const ttlSeconds = about.scope === 'snsapi_login' ? 600 : 300
  let code = '0'
  for (const byte of world.sources.random(31)) code += alphabet[byte % alphabet.length]
  world.webCodes.set(code, {
    ...about,
    expiresAtMs: nowMs(world) + ttlSeconds * 1000,
    used: false,
  })
  for (const [oldest] of world.webCodes) {
    if (world.webCodes.size <= webCodesKept) break
    world.webCodes.delete(oldest)
  }
  return code
}

/** The code's record, used or not, as long as it has not expired. */
export function findWebCode(world: World, code: string): WebCode | undefined {
  const found = world.webCodes.get(code)
  return found && nowMs(world) < found.expiresAtMs ? found : undefined
}
