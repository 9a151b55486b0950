import { isBlocked } from '../world/app.ts'
import type { App } from '../world/app.ts'
import { openidOf, unionidOf } from '../world/identity.ts'
import { findLoginCode } from '../world/login-code.ts'
import type { LoginCode } from '../world/login-code.ts'
import { spendExchangeQuota } from '../world/quota.ts'
import { findMembership, useSessionKey } from '../world/session-key.ts'
import type { World } from '../world/world.ts'
import type { Endpoint, WeChatReply, WeChatRequest } from './endpoint.ts'
import { snsError, snsSuccess } from './sns-reply.ts'

export const jscode2session: Endpoint = { answer: exchange, fail: snsError }

/**
 * `GET /sns/jscode2session` (code2Session): what a login code stands for.
 *
 * Only the query counts, whatever the method: parameters sent in a body are missing (41002), as
 * they are at WeChat. A code is spent by success alone. The order of the checks is inferred from
 * what developers were answered; WeChat documents none.
 */
function exchange(world: World, request: WeChatRequest): WeChatReply {
  const { query } = request
  const appid = query.get('appid')
  const secret = query.get('secret')
  const jsCode = query.get('js_code')
  const app = world.apps.get(appid ?? '')
  const fail = (errcode: number) => snsError(world, request, errcode)

  if (!appid) return fail(41002)
  if (!secret) return fail(41004)
  if (!jsCode) return fail(41008)
  if (query.get('grant_type') !== 'authorization_code') return fail(40002)
  if (!app) return fail(40013)
  if (app.switches.ip_whitelist?.includes(request.callerIp) === false) return fail(40164)
  if (app.secret !== secret) return fail(40125)
  if (app.switches.secret_frozen) return fail(40243)
  const code = findLoginCode(world, jsCode)
  if (code?.used) return fail(app.switches.second_use_errcode)
  if (!code || code.appid !== appid || isVoid(world, app, code)) return fail(40029)
  if (isBlocked(app, code.personId)) return fail(40226)
  if (!spendExchangeQuota(world, app)) return fail(45011)

  code.used = true
  return snsSuccess({
    session_key: useSessionKey(world, app, code.personId),
    ...(app.switches.legacy_expires_in && { expires_in: 7200 }),
    openid: openidOf(code.personId, appid),
    ...(app.open_platform !== null && { unionid: unionidOf(code.personId, app.open_platform) }),
    ...(app.switches.success_errcode && { errcode: 0, errmsg: 'ok' }),
  })
}

function isVoid(world: World, app: App, code: LoginCode): boolean {
  return code.serial < (findMembership(world, app, code.personId)?.codesVoidBefore ?? 0)
}
