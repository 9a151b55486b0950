import {
  adminRoutes,
  routes,
  type AdminRouteName,
  type Route,
  type RouteName,
} from '@kaimen/protocol'
import { Hono } from 'hono'
import { routePath } from 'hono/route'
import { KaimenError } from '../errors.ts'
import type { Call, Connection, Handler, Handlers, HttpParts } from './handlers.ts'
import { endOtherSessions, endSession, listSessions, me } from './me.ts'
import { metrics } from './metrics.ts'
import { healthz, jwks, openapi, readyz } from './operation.ts'
import type { RequestLimit } from './overload.ts'
import { problemResponse } from './problem.ts'
import { sendOtp } from './otp.ts'
import { changePassword, changePhone } from './me-credentials.ts'
import { linkIdentity, listIdentities, unlinkIdentity } from './me-identities.ts'
import { signInOtp, signInPassword, signInPhone } from './sign-in-phone.ts'
import { introspect, revocations, serviceUser } from './for-services.ts'
import { deleteMe, exportMe } from './me-leaving.ts'
import { changePreferences, preferences } from './me-preferences.ts'
import { avatar, setAvatar, updateMe } from './me-profile.ts'
import { checkWechatSession, wechatData } from './me-wechat.ts'
import { signInCloud, signInWechat } from './sign-in-wechat.ts'
import { approveScan, beginScan, claimScan, rejectScan, scan, scanPicture } from './scan.ts'
import { revoke, token } from './token.ts'
import { following, serviceFollowing } from './following.ts'
import { answerPreflight, letRead } from './browser.ts'
import { webCallback, webStart } from './web-sign-in.ts'
import { webSession, webSignOut, webToken } from './web-session.ts'
import { checkPushUrl, receivePush } from './wechat-push.ts'
import { adminHandlers } from './admin/routes.ts'
import { consoleFiles, type ConsoleSettings } from './console.ts'
import type { WebSettings } from '../app.ts'

const handlers: Handlers = {
  signInWechat,
  signInPhone,
  sendOtp,
  signInOtp,
  signInPassword,
  signInCloud,
  token,
  revoke,
  introspect,
  serviceUser,
  revocations,
  me,
  updateMe,
  updateMeByPost: updateMe,
  deleteMe,
  exportMe,
  changeAvatar: setAvatar,
  avatar,
  wechatData,
  checkWechatSession,
  preferences,
  changePreferences,
  changePhone,
  changePassword,
  listIdentities,
  linkIdentity,
  unlinkIdentity,
  listSessions,
  endSession,
  endOtherSessions,
  following,
  serviceFollowing,
  webStart,
  webCallback,
  webSession,
  webToken,
  webSignOut,
  beginScan,
  scan,
  scanPicture,
  claimScan,
  approveScan,
  rejectScan,
  checkPushUrl,
  push: receivePush,
  jwks,
  readyz,
  metrics,
  openapi,
}

type Mounted = Pick<Route, 'method' | 'path'>

type MountOptions = {
  readonly limit: RequestLimit
  readonly report: (message: string, error: unknown) => void
  readonly web: WebSettings
  /** The path of `publicUrl`, as `/auth`; empty where it has none. */
  readonly prefix: string
  /** `undefined`: this server has no console. */
  readonly console: ConsoleSettings | undefined
}

/** A proxy cuts the path of `publicUrl` off or leaves it: both come to the same route. */
const cutOff =
  (prefix: string) =>
  ({ url }: Request): string => {
    const { pathname } = new URL(url)
    return pathname.startsWith(`${prefix}/`) ? pathname.slice(prefix.length) : pathname
  }

/** The HTTP surface: every route of the protocol, and a problem for everything else. */
export function mountRoutes(
  ready: () => Promise<HttpParts>,
  { limit, report, web, prefix, console: consolePage }: MountOptions,
): (request: Request, connection: Connection) => Promise<Response> {
  const app = new Hono<{ Bindings: Connection }>(prefix === '' ? {} : { getPath: cutOff(prefix) })

  // Whoever asks whether the process lives does not ask whether the database does.
  app.on(routes.healthz.method, routes.healthz.path, healthz)
  const mount = (name: RouteName | AdminRouteName, { method, path }: Mounted, handle: Handler) => {
    const answer = async (call: Call) => handle(await ready(), call)
    app.on(method, path.replaceAll(/\{(\w+)\}/g, ':$1'), (c) =>
      limit(name, c.req.raw, () =>
        answer({ request: c.req.raw, connection: c.env, params: c.req.param() }),
      ),
    )
  }
  for (const [name, handle] of Object.entries(handlers) as [keyof Handlers, Handler][]) {
    mount(name, routes[name], handle)
  }
  for (const [name, handle] of adminHandlers) mount(name, adminRoutes[name], handle)

  const files = consolePage && consoleFiles(consolePage)
  if (files) {
    for (const path of ['/console', '/console/*']) {
      app.get(path, (c) => limit('console', c.req.raw, () => files(c.req.path)))
    }
  }

  app.notFound((c) => {
    const language = c.req.header('accept-language')
    const methods = methodsOf(c.req.path)
    if (methods.length === 0) return problemResponse(new KaimenError('not_found'), language)
    const allow = { allow: methods.join(', ') }
    return problemResponse(new KaimenError('method_not_allowed'), language, allow)
  })

  app.onError((error, c) => {
    const refusal =
      error instanceof KaimenError ? error : new KaimenError('internal_error', { cause: error })
    const response = problemResponse(refusal, c.req.header('accept-language'))
    if (response.status >= 500 && !refusal.isReported) {
      // Not the path itself: it may name somebody's session or scan.
      report(`${c.req.method} ${routePath(c)}: ${refusal.code}`, refusal)
    }
    return response
  })

  return async (request, connection) => {
    const origin = request.headers.get('origin')
    if (origin === null) return app.fetch(request, connection)
    const preflight = answerPreflight({ web }, request)
    return preflight ?? letRead({ web }, origin, await app.fetch(request, connection))
  }
}

/** What a path could have been asked with. */
function methodsOf(path: string): string[] {
  return [...Object.values<Mounted>(routes), ...Object.values<Mounted>(adminRoutes)]
    .filter((route) => new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path))
    .flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : method))
}
