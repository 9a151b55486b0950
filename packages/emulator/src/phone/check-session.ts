import type { App } from '../world/app.ts'
import { findMembership, isKeyAlive } from '../world/session-key.ts'
import type { World } from '../world/world.ts'

/**
 * `wx.checkSession` on a person's phone: whether the session_key of the latest `wx.login` is alive.
 * It says nothing about the key that a back end stored, and it does not renew.
 */
export function checkSession(
  world: World,
  app: App,
  personId: string,
): { readonly errMsg: 'checkSession:ok' | 'checkSession:fail session time out, need relogin' } {
  const membership = findMembership(world, app, personId)
  return membership && isKeyAlive(world, app, membership)
    ? { errMsg: 'checkSession:ok' }
    : { errMsg: 'checkSession:fail session time out, need relogin' }
}
