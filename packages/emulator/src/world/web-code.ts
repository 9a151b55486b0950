import { nowMs } from './clock.ts'
import { dropOld } from './drop-old.ts'
import type { World } from './world.ts'

export type WebScope = 'snsapi_base' | 'snsapi_userinfo' | 'snsapi_login'

/** What a page of WeChat's gave a browser. */
export interface WebCode {
  readonly appid: string
  readonly personId: string
  readonly scope: WebScope
  /** Whether it was given to a visitor of a snapshot page, whom nobody is to know. */
  readonly snapshot: boolean
  readonly issuedAtMs: number
  used: boolean
}

/** A code of a service account, and one of a website, is good for less than this. */
const [baseTtlMs, loginTtlMs] = [300_000, 600_000]

/** More unexpired codes than this are not kept; the oldest go first. */
const webCodesKept = 100_000

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** A new code: 32 letters and digits that begin with 0. */
export function issueWebCode(
  world: World,
  about: Pick<WebCode, 'appid' | 'personId' | 'scope' | 'snapshot'>,
): string {
  dropOld(world, world.webCodes, loginTtlMs, webCodesKept)
  let code = '0'
  for (const byte of world.sources.random(31)) code += alphabet[byte % alphabet.length]
  world.webCodes.set(code, { ...about, issuedAtMs: nowMs(world), used: false })
  return code
}

/** The code's record, used or not, as long as it has not expired. */
export function findWebCode(world: World, code: string): WebCode | undefined {
  const found = world.webCodes.get(code)
  if (!found) return undefined
  const ttlMs = found.scope === 'snsapi_login' ? loginTtlMs : baseTtlMs
  return nowMs(world) - found.issuedAtMs < ttlMs ? found : undefined
}
