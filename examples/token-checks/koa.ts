import { createServer, type Server } from 'node:http'
import type { Verifier } from '@kaimen/verify'
import { requireAuth, type AuthState } from '@kaimen/verify/koa'
import Koa from 'koa'

export function serveKoa(verifier: Verifier): Server {
  const checks: Readonly<Record<string, ReturnType<typeof requireAuth>>> = {
    'GET /orders': requireAuth(verifier),
    'POST /pay': requireAuth(verifier, { strict: true }),
    'GET /shop': requireAuth(verifier, { optional: true }),
    'GET /staff': requireAuth(verifier, { check: (claims) => claims['role'] === 'staff' }),
  }
  const app = new Koa<AuthState>()
  app.use((ctx, next) => checks[`${ctx.method} ${ctx.path}`]?.(ctx, next))
  app.use((ctx) => {
    ctx.body = { user: ctx.state.auth?.sub ?? null }
  })
  return createServer((request, response) => void app.callback()(request, response))
}
