/**
 * Why a request is not let in.
 *
 * - `token_missing`: it carries no `Authorization: Bearer`. Sign in.
 * - `token_invalid`: no token of this issuer for this service; altered, or made by somebody else.
 *   Sign in again.
 * - `token_expired`: ask `POST /v1/token` for a new one, then repeat the request.
 * - `session_ended`: signed out, removed, or ended by the operator. Sign in again.
 * - `forbidden`: a good token that the service's own `check` or `apps` does not take.
 * - `unavailable`: nothing can be said, as Kaimen's server cannot be asked. Wait, then repeat.
 */
export type VerifyErrorCode =
  | 'token_missing'
  | 'token_invalid'
  | 'token_expired'
  | 'session_ended'
  | 'forbidden'
  | 'unavailable'

/**
 * A refusal. Its message is for the service's own log; what the client is told is the problem of
 * its code. Neither holds anything of the token.
 */
export class VerifyError extends Error {
  override readonly name = 'VerifyError'
  readonly code: VerifyErrorCode

  constructor(code: VerifyErrorCode, reason: string) {
    super(`${code}: ${reason}`)
    this.code = code
  }
}

/** What `createVerifier` was given is wrong; said at the start, never to a client. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}
