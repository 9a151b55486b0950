import type { App } from './app.ts'
import { nowMs } from './clock.ts'
import { openidOf } from './identity.ts'
import type { World } from './world.ts'

/** What WeChat holds on one person in one app. */
export interface Membership {
  /** The one session_key that is valid now; there is never a second. */
  sessionKey: string
  keyIssuedAtMs: number
  keyUsedAtMs: number
  /** Codes with a lower serial than this are void. */
  codesVoidBefore: number
}

/**
 * Does to the session_key what `wx.login` does: keeps it, or replaces it by the app's
 * `session_key_rotation`. Either way this is a use, which renews its life.
 */
export function loginMembership(world: World, app: App, personId: string): Membership {
  const membership = findMembership(world, app, personId)
  if (!membership) return joinApp(world, app, personId)
  if (!isKeyAlive(world, app, membership) || isRotationDue(world, app, membership)) {
    replaceKey(world, membership)
  }
  membership.keyUsedAtMs = nowMs(world)
  return membership
}

/** The session_key that an exchange hands out: the valid one, or a new one if it had expired. */
export function useSessionKey(world: World, app: App, personId: string): string {
  const membership = findMembership(world, app, personId) ?? joinApp(world, app, personId)
  if (!isKeyAlive(world, app, membership)) replaceKey(world, membership)
  membership.keyUsedAtMs = nowMs(world)
  return membership.sessionKey
}

export function findMembership(world: World, app: App, personId: string): Membership | undefined {
  return world.memberships.get(membershipId(app, personId))
}

export function isKeyAlive(world: World, app: App, membership: Membership): boolean {
  return nowMs(world) - membership.keyUsedAtMs < app.switches.session_key_ttl_seconds * 1000
}

function isRotationDue(world: World, app: App, membership: Membership): boolean {
  if (app.switches.session_key_rotation === 'always') return true
  if (app.switches.session_key_rotation === 'never') return false
  const ageMs = nowMs(world) - membership.keyIssuedAtMs
  return ageMs >= app.switches.session_key_min_interval_seconds * 1000
}

function joinApp(world: World, app: App, personId: string): Membership {
  const membership = { sessionKey: '', keyIssuedAtMs: 0, keyUsedAtMs: 0, codesVoidBefore: 0 }
  replaceKey(world, membership)
  world.memberships.set(membershipId(app, personId), membership)
  world.openids.set(openidOf(personId, app.appid), { appid: app.appid, personId })
  return membership
}

/** A new key in the place of the old one, which it does not outlive. */
export function resetSessionKey(world: World, membership: Membership): void {
  membership.sessionKey = newKey(world)
}

function replaceKey(world: World, membership: Membership): void {
  membership.sessionKey = newKey(world)
  membership.keyIssuedAtMs = nowMs(world)
  membership.keyUsedAtMs = membership.keyIssuedAtMs
}

function newKey(world: World): string {
  return Buffer.from(world.sources.random(16)).toString('base64')
}

// An appid holds no space.
function membershipId(app: App, personId: string): string {
  return `${app.appid} ${personId}`
}
