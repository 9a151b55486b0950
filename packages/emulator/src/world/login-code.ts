import { nowMs } from './clock.ts'
import type { World } from './world.ts'

/** What `wx.login` gave a phone. */
export interface LoginCode {
  readonly appid: string
  readonly personId: string
  /** Counts up through all codes of the world. */
  readonly serial: number
  readonly issuedAtMs: number
  used: boolean
}

/** A code is good for less than this: at 299 s it is, at 300 s it is not. */
const loginCodeTtlMs = 300_000

/** More unexpired codes than this are not kept; the oldest go first. */
const loginCodesKept = 100_000

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** A new code: 32 letters and digits that begin with 0, like WeChat's. */
export function issueLoginCode(world: World, appid: string, personId: string): string {
  dropExpired(world)
  let code = '0'
  for (const byte of world.sources.random(31)) code += alphabet[byte % alphabet.length]
  world.loginCodesIssued += 1
  world.loginCodes.set(code, {
    appid,
    personId,
    serial: world.loginCodesIssued,
    issuedAtMs: nowMs(world),
    used: false,
  })
  return code
}

/** The code's record, used or not, as long as it has not expired. */
export function findLoginCode(world: World, code: string): LoginCode | undefined {
  const found = world.loginCodes.get(code)
  return found && !isExpired(world, found) ? found : undefined
}

function isExpired(world: World, code: LoginCode): boolean {
  return nowMs(world) - code.issuedAtMs >= loginCodeTtlMs
}

// Codes lie in the order of their age, so this stops at the first live one.
function dropExpired(world: World): void {
  for (const [code, issued] of world.loginCodes) {
    if (world.loginCodes.size < loginCodesKept && !isExpired(world, issued)) return
    world.loginCodes.delete(code)
  }
}
