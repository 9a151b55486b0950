/** A guard, and `@Auth()` for the claims in a handler's parameters. HTTP, on Express or Fastify. */
import {
  createParamDecorator,
  HttpException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common'
import { authenticate, readNodeHeader, type AuthOptions } from './authenticate.ts'
import type { Claims } from './read-token.ts'
import type { Verifier } from './verifier.ts'

type Request = {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  auth?: Claims | undefined
}
/** What the replies of Express and of Fastify both have. */
type Response = { header(name: string, value: string): unknown }

/** For `@UseGuards(…)`, or `app.useGlobalGuards(…)`. */
export function authGuard(
  verifier: Pick<Verifier, 'verify'>,
  options: AuthOptions = {},
): CanActivate {
  return {
    async canActivate(context) {
      const http = context.switchToHttp()
      const request = http.getRequest<Request>()
      const outcome = await authenticate(verifier, readNodeHeader(request.headers), options)
      if (outcome.problem) {
        const { status, headers, body } = outcome.problem
        const response = http.getResponse<Response>()
        for (const [name, value] of Object.entries(headers)) response.header(name, value)
        throw new HttpException(body, status)
      }
      request.auth = outcome.claims
      return true
    },
  }
}

/** The verified claims; `undefined` only behind `optional`. */
export const Auth = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<Request>().auth,
)
