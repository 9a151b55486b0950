import type { Verifier } from '@kaimen/verify'
import { requireAuth } from '@kaimen/verify/hono'
import { Hono } from 'hono'

export function makeHono(verifier: Verifier): Hono {
  const app = new Hono()
  app.get('/orders', requireAuth(verifier), (c) => {
    return c.json({ user: c.get('auth').sub, orders: [] })
  })
  app.post('/pay', requireAuth(verifier, { strict: true }), (c) => {
    return c.json({ user: c.get('auth').sub, paid: true })
  })
  app.get('/shop', requireAuth(verifier, { optional: true }), (c) => {
    return c.json({ user: c.get('auth')?.sub ?? null })
  })
  const staffOnly = requireAuth(verifier, { check: (claims) => claims['role'] === 'staff' })
  app.get('/staff', staffOnly, (c) => c.json({ user: c.get('auth').sub }))
  return app
}
