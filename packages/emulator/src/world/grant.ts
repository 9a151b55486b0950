import type { App } from './app.ts'
import { nowMs } from './clock.ts'
import { dropOld } from './drop-old.ts'
import { openidOf, unionidOf } from './identity.ts'
import type { WebCode, WebScope } from './web-code.ts'
import type { World } from './world.ts'

/** What a person has allowed an app, on one occasion. */
export interface Grant {
  readonly appid: string
  readonly personId: string
  readonly scope: WebScope
  readonly snapshot: boolean
  readonly refreshToken: string
  readonly issuedAtMs: number
  /** The latest of its access_tokens. */
  accessToken: string
  /** By the switch `refresh_tokens_voided`, once there is a later grant. */
  voided: boolean
}

/** What a back end asks `/sns/userinfo` with: not the access_token of an app. */
export interface UserToken {
  readonly grant: Grant
  readonly issuedAtMs: number
  expiresAtMs: number
}

export const userTokenTtlSeconds = 7200
const refreshTokenTtlMs = 30 * 24 * 3600 * 1000

/** What is older is not known any more, and neither are more than this; the oldest go first. */
const [knownMs, kept] = [2 * refreshTokenTtlMs, 100_000]

/** Begins a grant, with its first access_token. */
export function beginGrant(world: World, app: App, code: WebCode): Grant {
  if (app.switches.refresh_tokens_voided) voidGrants(world, code)
  const grant: Grant = {
    appid: code.appid,
    personId: code.personId,
    scope: code.scope,
    snapshot: code.snapshot,
    refreshToken: newToken(world),
    issuedAtMs: nowMs(world),
    accessToken: '',
    voided: false,
  }
  dropOld(world, world.grants, knownMs, kept)
  world.grants.set(grant.refreshToken, grant)
  issueUserToken(world, grant)
  return grant
}

/** Lets the access_token live on if it is alive, else makes a new one. */
export function refreshGrant(world: World, grant: Grant): void {
  const token = findUserToken(world, grant.accessToken)
  if (token && isTokenAlive(world, token)) {
    token.expiresAtMs = nowMs(world) + userTokenTtlSeconds * 1000
  } else {
    issueUserToken(world, grant)
  }
}

/** The token of this text, alive or not. */
export function findUserToken(world: World, text: string): UserToken | undefined {
  return world.userTokens.get(text)
}

export function isTokenAlive(world: World, token: UserToken): boolean {
  return nowMs(world) < token.expiresAtMs
}

export function isGrantAlive(world: World, grant: Grant): boolean {
  return nowMs(world) - grant.issuedAtMs < refreshTokenTtlMs
}

/** The openid that the app is told; a virtual one for the visitor of a snapshot page. */
export function openidOfGrant(grant: Grant): string {
  return openidOf(whoIs(grant), grant.appid)
}

/** Null for an app without an Open Platform account. */
export function unionidOfGrant(grant: Grant, app: App): string | null {
  return app.open_platform === null ? null : unionidOf(whoIs(grant), app.open_platform)
}

// Another person to every app, and the same one on the next visit.
function whoIs({ personId, snapshot }: Grant): string {
  return snapshot ? `snapshot of ${personId}` : personId
}

function voidGrants(world: World, { appid, personId }: WebCode): void {
  for (const grant of world.grants.values()) {
    if (grant.appid === appid && grant.personId === personId) grant.voided = true
  }
}

function issueUserToken(world: World, grant: Grant): void {
  grant.accessToken = newToken(world)
  dropOld(world, world.userTokens, knownMs, kept)
  world.userTokens.set(grant.accessToken, {
    grant,
    issuedAtMs: nowMs(world),
    expiresAtMs: nowMs(world) + userTokenTtlSeconds * 1000,
  })
}

// Digits, an underscore and URL-safe base64, like an app's.
function newToken(world: World): string {
  return `105_${Buffer.from(world.sources.random(66)).toString('base64url')}`
}
