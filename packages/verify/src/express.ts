/** Puts the claims on `req.auth`. Also for Connect and what else takes such middleware. */
import { authenticate, readNodeHeader, type AuthOptions, type Outcome } from './authenticate.ts'
import type { Claims } from './read-token.ts'
import type { Verifier } from './verifier.ts'

declare global {
  // The place that @types/express has for it.
  namespace Express {
    interface Request {
      /** The verified claims; `undefined` only behind `optional`, and where nothing checks. */
      auth?: Claims | undefined
    }
  }
}

type Request = {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  auth?: Claims | undefined
}
type Response = {
  statusCode: number
  setHeader(name: string, value: string): unknown
  end(text: string): unknown
}
type Next = (error?: unknown) => void

export function requireAuth(
  verifier: Pick<Verifier, 'verify'>,
  options: AuthOptions = {},
): (req: Request, res: Response, next: Next) => Promise<void> {
  return async (req, res, next) => {
    let outcome: Outcome
    try {
      outcome = await authenticate(verifier, readNodeHeader(req.headers), options)
    } catch (error) {
      // Express 4 and Connect do not see that a promise failed.
      return next(error)
    }
    if (!outcome.problem) {
      req.auth = outcome.claims
      return next()
    }
    const { status, headers, body } = outcome.problem
    res.statusCode = status
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
    res.end(JSON.stringify(body))
  }
}
