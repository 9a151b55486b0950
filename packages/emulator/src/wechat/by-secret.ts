import type { App } from '../world/app.ts'
import type { World } from '../world/world.ts'
import type { WeChatRequest } from './endpoint.ts'

/** What an app shows to be given a token. Values that are no text count as missing. */
interface Credentials {
  readonly appid: unknown
  readonly secret: unknown
  readonly grantType: unknown
}

/** The app, if it may have a token; else the errcode. The order of the checks is inferred. */
export function checkCredentials(
  world: World,
  request: WeChatRequest,
  { appid, secret, grantType }: Credentials,
): App | number {
  if (typeof appid !== 'string' || appid === '') return 41002
  if (typeof secret !== 'string' || secret === '') return 41004
  if (grantType !== 'client_credential') return 40002
  const app = world.apps.get(appid)
  if (!app) return 40013
  const { switches } = app
  if (switches.ip_whitelist?.includes(request.callerIp) === false) {
    return switches.ip_refused_errcode
  }
  if (app.secret !== secret) return switches.wrong_secret_errcode
  if (switches.secret_frozen) return 40243
  // Websites and mobile apps have no token of their own.
  if (app.kind === 'website' || app.kind === 'mobile_app') return 50004
  return switches.token_refused_errcode ?? app
}
