/** Puts the claims on `ctx.state.auth`. */
import { authenticate, readNodeHeader, type AuthOptions } from './authenticate.ts'
import type { Claims } from './read-token.ts'
import type { Verifier } from './verifier.ts'

/** The state behind {@link requireAuth}, for `new Router<AuthState>()`. */
export type AuthState = {
  /** `undefined` only behind `optional`. */
  auth?: Claims | undefined
}

type Context = {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly state: AuthState
  status: number
  body: unknown
  set(headers: Record<string, string>): void
}

export function requireAuth(
  verifier: Pick<Verifier, 'verify'>,
  options: AuthOptions = {},
): (ctx: Context, next: () => Promise<unknown>) => Promise<void> {
  return async (ctx, next) => {
    const outcome = await authenticate(verifier, readNodeHeader(ctx.headers), options)
    if (outcome.problem) {
      ctx.status = outcome.problem.status
      ctx.body = JSON.stringify(outcome.problem.body)
      ctx.set(outcome.problem.headers)
      return
    }
    ctx.state.auth = outcome.claims
    await next()
  }
}
