import type { App } from './app.ts'
import { nowMs } from './clock.ts'
import type { World } from './world.ts'

/** `/cgi-bin/token` and `/cgi-bin/stable_token` give out tokens that do not know of each other. */
type TokenFamily = 'token' | 'stable_token'

/** What an app's back end calls WeChat with. */
export interface AccessToken {
  readonly text: string
  readonly appid: string
  readonly expiresAtMs: number
  /** When it stops to work since another has taken its place; infinite until then. */
  replacedAtMs: number
}

/** The tokens of one app and family. */
export interface Issued {
  latest: AccessToken
  /** When tokens were last replaced on demand, with `force_refresh`. */
  forcedAtMs: number
  /** The one before the latest, which may still work. */
  previous: AccessToken | null
}

export type TokenState = 'good' | 'replaced' | 'expired'

/** For so long an old token works beside the one that takes its place; WeChat says "5 minutes". */
const overlapMs = 300_000

/** Forcing twice within this time makes one token. */
const forceIntervalMs = 30_000

/** More tokens than this are not known; the oldest are forgotten first. */
const tokensKept = 100_000

/** `/cgi-bin/token`: a new token each time; the one before works for 5 more minutes. */
export function issueToken(world: World, app: App): AccessToken {
  const token = makeToken(world, app)
  const issued = world.issuedTokens.get(issuedId(app, 'token'))
  if (issued) replaceLatest(world, issued, token)
  else begin(world, app, 'token', token)
  return token
}

/** `/cgi-bin/stable_token`: the same token until 5 minutes before its end, then the next one. */
export function keepToken(world: World, app: App): AccessToken {
  const issued = world.issuedTokens.get(issuedId(app, 'stable_token'))
  if (!issued) return begin(world, app, 'stable_token', makeToken(world, app)).latest
  const isEnding = issued.latest.expiresAtMs - nowMs(world) <= overlapMs
  if (isEnding) replaceLatest(world, issued, makeToken(world, app))
  return issued.latest
}

/** Whether a forced refresh makes a token now; within 30 seconds of the last one it does not. */
export function isForceDue(world: World, app: App): boolean {
  const issued = world.issuedTokens.get(issuedId(app, 'stable_token'))
  return !issued || nowMs(world) - issued.forcedAtMs >= forceIntervalMs
}

/** `force_refresh`: a new stable token; every other one of the app's is dead at once. */
export function forceToken(world: World, app: App): AccessToken {
  const token = makeToken(world, app)
  const issued = world.issuedTokens.get(issuedId(app, 'stable_token'))
  if (!issued) return begin(world, app, 'stable_token', token, nowMs(world)).latest
  for (const old of [issued.previous, issued.latest]) {
    if (old) old.replacedAtMs = Math.min(old.replacedAtMs, nowMs(world))
  }
  issued.previous = null
  issued.latest = token
  issued.forcedAtMs = nowMs(world)
  return token
}

/** The token of this text, whatever became of it. */
export function findToken(world: World, text: string): AccessToken | undefined {
  return world.accessTokens.get(text)
}

/** A token that was replaced and has expired is what came first. */
export function stateOfToken(world: World, token: AccessToken): TokenState {
  if (nowMs(world) < Math.min(token.replacedAtMs, token.expiresAtMs)) return 'good'
  return token.replacedAtMs < token.expiresAtMs ? 'replaced' : 'expired'
}

function begin(
  world: World,
  app: App,
  family: TokenFamily,
  latest: AccessToken,
  forcedAtMs = -Infinity,
): Issued {
  const issued = { latest, forcedAtMs, previous: null }
  world.issuedTokens.set(issuedId(app, family), issued)
  return issued
}

function replaceLatest(world: World, issued: Issued, token: AccessToken): void {
  issued.latest.replacedAtMs = nowMs(world) + overlapMs
  issued.previous = issued.latest
  issued.latest = token
}

function makeToken(world: World, app: App): AccessToken {
  // Of 136 characters: digits, an underscore and URL-safe base64.
  const text = `105_${Buffer.from(world.sources.random(99)).toString('base64url')}`
  const token = {
    text,
    appid: app.appid,
    expiresAtMs: nowMs(world) + app.switches.access_token_ttl_seconds * 1000,
    replacedAtMs: Infinity,
  }
  world.accessTokens.set(text, token)
  for (const [oldest] of world.accessTokens) {
    if (world.accessTokens.size <= tokensKept) break
    world.accessTokens.delete(oldest)
  }
  return token
}

// An appid holds no space.
function issuedId(app: App, family: TokenFamily): string {
  return `${app.appid} ${family}`
}
