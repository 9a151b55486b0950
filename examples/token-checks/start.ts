// A shop that checks Kaimen's tokens, in the framework that is named.
// Usage: node start.ts express|koa|fastify|hono [server, default http://localhost:4100] [credential]

import { createAdaptorServer } from '@hono/node-server'
import { createVerifier } from '@kaimen/verify'
import { serveExpress } from './express.ts'
import { serveFastify } from './fastify.ts'
import { makeHono } from './hono.ts'
import { serveKoa } from './koa.ts'

const [, , framework = 'express', issuer = 'http://localhost:4100', credential] = process.argv
const port = 4200
const verifier = createVerifier({
  issuer,
  ...(credential !== undefined && { credential }),
  onStale: ({ stale, problems }) => console.warn('stale:', stale, problems),
})

if (framework === 'fastify') await serveFastify(verifier).listen({ port })
else if (framework === 'koa') serveKoa(verifier).listen(port)
else if (framework === 'hono') createAdaptorServer(makeHono(verifier)).listen(port)
else serveExpress(verifier).listen(port)

console.log(`${framework}: http://localhost:${port}/orders`)
