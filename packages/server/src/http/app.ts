import { routes, type Route, type RouteName } from '@kaimen/protocol'
import { Hono } from 'hono'
import { KaimenError } from '../errors.ts'
import type { Handlers, HttpParts } from './handlers.ts'
import { endOtherSessions, endSession, listSessions, me } from './me.ts'
import { healthz, jwks, openapi, readyz } from './operation.ts'
import { problemResponse } from './problem.ts'
import { signInWechat } from './sign-in-wechat.ts'
import { revoke, token } from './token.ts'

const handlers: Handlers = {
  signInWechat,
  token,
  revoke,
  me,
  listSessions,
  endSession,
  endOtherSessions,
  jwks,
  healthz,
  readyz,
  openapi,
}

/** The HTTP surface: every route of the protocol, and a problem for everything else. */
export function mountRoutes(
  ready: () => Promise<HttpParts>,
  report: (message: string, error: unknown) => void,
): Hono {
  const app = new Hono()
  const allowed = new Map<string, string[]>()

  for (const [name, route] of Object.entries(routes) as [RouteName, Route][]) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1')
    allowed.set(path, [...(allowed.get(path) ?? []), route.method])
    const handle = handlers[name]
    app.on(route.method, path, async (c) =>
      handle(await ready(), { request: c.req.raw, params: c.req.param() }),
    )
  }
  for (const [path, methods] of allowed) {
    app.all(path, (c) => {
      const error = new KaimenError('method_not_allowed')
      return problemResponse(error, c.req.header('accept-language'), { allow: methods.join(', ') })
    })
  }

  app.notFound((c) =>
    problemResponse(new KaimenError('not_found'), c.req.header('accept-language')),
  )
  app.onError((error, c) => {
    const refusal =
      error instanceof KaimenError ? error : new KaimenError('internal_error', { cause: error })
    const response = problemResponse(refusal, c.req.header('accept-language'))
    if (response.status >= 500) report(`${c.req.method} ${c.req.path}: ${refusal.code}`, refusal)
    return response
  })
  return app
}
