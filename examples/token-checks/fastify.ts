import type { Verifier } from '@kaimen/verify'
import { requireAuth } from '@kaimen/verify/fastify'
import Fastify, { type FastifyInstance } from 'fastify'

export function serveFastify(verifier: Verifier): FastifyInstance {
  const app = Fastify()
  app.get('/orders', { onRequest: requireAuth(verifier) }, (request) => {
    return { user: request.auth?.sub, orders: [] }
  })
  app.post('/pay', { onRequest: requireAuth(verifier, { strict: true }) }, (request) => {
    return { user: request.auth?.sub, paid: true }
  })
  app.get('/shop', { onRequest: requireAuth(verifier, { optional: true }) }, (request) => {
    return { user: request.auth?.sub ?? null }
  })
  const staffOnly = requireAuth(verifier, { check: (claims) => claims['role'] === 'staff' })
  app.get('/staff', { onRequest: staffOnly }, (request) => ({ user: request.auth?.sub }))
  return app
}
