/** Puts the claims where `c.get('auth')` finds them. */
import type { MiddlewareHandler } from 'hono'
import { authenticate, type AuthOptions } from './authenticate.ts'
import type { Claims } from './read-token.ts'
import type { Verifier } from './verifier.ts'

export function requireAuth(
  verifier: Pick<Verifier, 'verify'>,
  options: AuthOptions & { optional: true },
): MiddlewareHandler<{ Variables: { auth: Claims | undefined } }>
export function requireAuth(
  verifier: Pick<Verifier, 'verify'>,
  options?: AuthOptions,
): MiddlewareHandler<{ Variables: { auth: Claims } }>
export function requireAuth(
  verifier: Pick<Verifier, 'verify'>,
  options: AuthOptions = {},
): MiddlewareHandler {
  return async (c, next) => {
    const outcome = await authenticate(verifier, (name) => c.req.header(name), options)
    if (outcome.problem) {
      const { status, headers, body } = outcome.problem
      return new Response(JSON.stringify(body), { status, headers })
    }
    c.set('auth', outcome.claims)
    return next()
  }
}
