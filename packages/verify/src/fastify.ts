/** Puts the claims on `request.auth`. */
import type { onRequestAsyncHookHandler } from 'fastify'
import { authenticate, readNodeHeader, type AuthOptions } from './authenticate.ts'
import type { Claims } from './read-token.ts'
import type { Verifier } from './verifier.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The verified claims; `undefined` only behind `optional`, and where nothing checks. */
    auth?: Claims | undefined
  }
}

/** For `onRequest` of a route, or `app.addHook('onRequest', …)`. */
export function requireAuth(
  verifier: Pick<Verifier, 'verify'>,
  options: AuthOptions = {},
): onRequestAsyncHookHandler {
  return async (request, reply) => {
    const outcome = await authenticate(verifier, readNodeHeader(request.headers), options)
    if (outcome.problem) {
      const { status, headers, body } = outcome.problem
      return reply.code(status).headers(headers).send(JSON.stringify(body))
    }
    request.auth = outcome.claims
  }
}
