import { nowMs } from './clock.ts'
import { dropOld } from './drop-old.ts'
import type { World } from './world.ts'

/** What the phone button and `wx.pluginLogin` give a page: 64 hexadecimal digits. */
export interface HexCode {
  readonly kind: 'phone' | 'plugin'
  /** The mini program in which it was given. */
  readonly appid: string
  readonly personId: string
  /** The plugin that asked, for `plugin`; else the mini program. */
  readonly pluginAppid: string
  readonly issuedAtMs: number
  used: boolean
}

/** A code is good for less than this: at 299 s it is, at 300 s it is not. */
const hexCodeTtlMs = 300_000

/** More unexpired codes than this are not kept; the oldest go first. */
const hexCodesKept = 100_000

export function issueHexCode(
  world: World,
  about: Pick<HexCode, 'kind' | 'appid' | 'personId' | 'pluginAppid'>,
): string {
  const text = Buffer.from(world.sources.random(32)).toString('hex')
  world.hexCodes.set(text, { ...about, issuedAtMs: nowMs(world), used: false })
  dropOld(world, world.hexCodes, hexCodeTtlMs, hexCodesKept)
  return text
}

/** The code's record as long as it is good: neither used nor expired. */
export function findHexCode(
  world: World,
  kind: HexCode['kind'],
  text: string,
): HexCode | undefined {
  const found = world.hexCodes.get(text)
  return found?.kind === kind && !found.used && !isExpired(world, found) ? found : undefined
}

function isExpired(world: World, code: HexCode): boolean {
  return nowMs(world) - code.issuedAtMs >= hexCodeTtlMs
}
