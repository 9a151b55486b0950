import { VerifyError } from './errors.ts'
import { describeProblem, type ProblemReply } from './problem.ts'
import type { Claims } from './read-token.ts'
import type { Verifier } from './verifier.ts'

export type AuthOptions = {
  /**
   * Lets in who sends no token, without claims. A token that is sent has to be good. Default:
   * false.
   */
  optional?: boolean
  /** Asks the server each time: a session that ended counts at once. Default: false. */
  strict?: boolean
  /** The AppIDs whose tokens are taken. Default: all of the server's. */
  apps?: readonly string[]
  /** The service's own rule; what it does not take is answered with 403. */
  check?: (claims: Claims) => boolean | Promise<boolean>
}

/** Who sends a request; without claims only where `optional` lets in who sends no token. */
export type Outcome =
  | { readonly claims: Claims | undefined; readonly problem?: undefined }
  | { readonly problem: ProblemReply }

/** The header of a request by its lower-case name. */
export type ReadHeader = (name: 'authorization' | 'accept-language') => string | undefined

/** What every adapter does, for a framework that has none. */
export async function authenticate(
  verifier: Pick<Verifier, 'verify'>,
  readHeader: ReadHeader,
  options: AuthOptions = {},
): Promise<Outcome> {
  try {
    return { claims: await findClaims(verifier, readHeader('authorization'), options) }
  } catch (error) {
    if (!(error instanceof VerifyError)) throw error
    return { problem: describeProblem(error.code, readHeader('accept-language')) }
  }
}

async function findClaims(
  verifier: Pick<Verifier, 'verify'>,
  authorization: string | undefined,
  { optional = false, strict = false, apps, check }: AuthOptions,
): Promise<Claims | undefined> {
  if (authorization === undefined && optional) return undefined
  // RFC 6750 section 2.1; the scheme is case-insensitive by RFC 9110 section 11.1.
  const token = /^bearer +([\x21-\x7e]+)$/i.exec(authorization ?? '')?.[1]
  if (token === undefined) {
    throw new VerifyError('token_missing', 'the request has no Authorization: Bearer')
  }
  const claims = await verifier.verify(token, { strict })
  if (apps && !apps.includes(claims.client_id)) {
    throw new VerifyError('forbidden', 'its app is none of those that are taken here')
  }
  if (check && !(await check(claims))) throw new VerifyError('forbidden', 'check does not take it')
  return claims
}

/** Reads the headers of a Node request. */
export function readNodeHeader(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): ReadHeader {
  return (name) => {
    const value = headers[name]
    return typeof value === 'string' ? value : value?.join(', ')
  }
}
