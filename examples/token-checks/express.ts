import { createServer, type Server } from 'node:http'
import type { Verifier } from '@kaimen/verify'
import { requireAuth } from '@kaimen/verify/express'
import express from 'express'

export function serveExpress(verifier: Verifier): Server {
  const app = express()

  app.get('/orders', requireAuth(verifier), (req, res) => {
    res.json({ user: req.auth?.sub, orders: [] })
  })
  // Money: asks Kaimen whether the session still goes on.
  app.post('/pay', requireAuth(verifier, { strict: true }), (req, res) => {
    res.json({ user: req.auth?.sub, paid: true })
  })
  // Anybody may look; who is signed in sees more.
  app.get('/shop', requireAuth(verifier, { optional: true }), (req, res) => {
    res.json({ user: req.auth?.sub ?? null })
  })
  app.get('/staff', requireAuth(verifier, { check: isStaff }), (req, res) => {
    res.json({ user: req.auth?.sub })
  })
  return createServer(app)
}

/** By a claim that the server's `claims` adds. */
function isStaff(claims: { readonly [claim: string]: unknown }): boolean {
  return claims['role'] === 'staff'
}
