import type { App } from '../world/app.ts'
import { issueLoginCode } from '../world/login-code.ts'
import { loginMembership } from '../world/session-key.ts'
import type { World } from '../world/world.ts'

/** `wx.login` on a person's phone: a code for the back end, and perhaps a new session_key. */
export function login(
  world: World,
  app: App,
  personId: string,
): { readonly code: string; readonly errMsg: 'login:ok' } {
  const membership = loginMembership(world, app, personId)
  const code = issueLoginCode(world, app.appid, personId)
  if (app.switches.unused_codes_voided) membership.codesVoidBefore = world.loginCodesIssued
  return { code, errMsg: 'login:ok' }
}
