import { VerifyError } from './errors.ts'
import { freeze, isObject, type JsonObject } from './json.ts'

/** An access token of Kaimen's: RFC 9068 section 2.2, and the session. */
export type Claims = {
  readonly iss: string
  readonly aud: string | readonly string[]
  /** The user: `usr_…`. */
  readonly sub: string
  /** The AppID. */
  readonly client_id: string
  /** The session: `ses_…`. */
  readonly sid: string
  readonly jti: string
  /** Seconds since the Unix epoch. */
  readonly iat: number
  /** Seconds since the Unix epoch. */
  readonly exp: number
  /** When the session began; seconds since the Unix epoch. */
  readonly auth_time?: number
  /** What the server's `claims` adds. */
  readonly [claim: string]: unknown
}

export type Parts = {
  readonly alg: string
  readonly kid: string
  /** What is signed. */
  readonly input: Buffer
  readonly signature: Buffer
  readonly payload: string
}

/** Longer ones are refused before they are parsed; characters. [TK-7] */
const maxTokenLength = 8192
const maxKidLength = 256

/** RFC 9068 section 4: with and without `application/`. [TK-2] */
const types: readonly unknown[] = ['at+jwt', 'application/at+jwt']

/**
 * Header members that bring a key of their own, or change how the token is to be read. The server
 * writes none of them. [TK-1]
 */
const foreign = ['crit', 'jku', 'jwk', 'x5u', 'x5c', 'b64', 'zip', 'enc', 'cty']

/** @throws {@link VerifyError} `token_invalid`. */
export function splitToken(token: string): Parts {
  if (token.length > maxTokenLength) refuse(`it is longer than ${maxTokenLength} characters`)
  const [head = '', payload = '', signatureText = '', ...more] = token.split('.')
  if (more.length > 0 || head === '' || payload === '' || signatureText === '') {
    refuse('it is not a signed JWT')
  }
  const header = decode(head)
  const { alg, typ, kid } = header
  if (!types.includes(typ)) refuse('its typ is not at+jwt')
  if (foreign.some((name) => Object.hasOwn(header, name))) {
    refuse('its header has a member that is not allowed')
  }
  if (typeof alg !== 'string') refuse('it has no alg')
  if (typeof kid !== 'string' || kid === '' || kid.length > maxKidLength) refuse('it has no kid')
  const signature = Buffer.from(signatureText, 'base64url')
  if (signature.toString('base64url') !== signatureText) refuse('its signature is not base64url')
  return { alg, kid, input: Buffer.from(`${head}.${payload}`, 'latin1'), signature, payload }
}

type Expected = {
  issuer: string
  audiences: readonly string[]
  nowMs: number
  skewMs: number
}

/** The longest life of an access token that a server can be set to; seconds. */
export const maxLifeSeconds = 3600

/**
 * Of a token whose signature is good. [TK-3]
 *
 * @throws {@link VerifyError} `token_invalid`, `token_expired`.
 */
export function readClaims(payload: string, expected: Expected): Claims {
  const { issuer, audiences, nowMs, skewMs } = expected
  const claims = freeze(decode(payload))
  if (claims['iss'] !== issuer) refuse('its iss is not the issuer of this service')
  if (!isAudience(claims['aud'], audiences)) refuse('its aud is not that of this service')
  if (!isComplete(claims)) refuse('one of its claims is missing or malformed')
  const { iat, exp, nbf } = claims
  if (exp <= iat || exp - iat > maxLifeSeconds) refuse('its life is not that of an access token')
  const latestStartMs = nowMs + skewMs
  if (iat * 1000 > latestStartMs) refuse('it is from the future: compare the clocks')
  if (nbf !== undefined && !(isSeconds(nbf) && nbf * 1000 <= latestStartMs)) {
    refuse('it is not valid yet: compare the clocks')
  }
  if (nowMs >= exp * 1000 + skewMs) throw new VerifyError('token_expired', 'its exp has passed')
  return claims
}

function isAudience(aud: unknown, allowed: readonly string[]): boolean {
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  return (
    named.every((name) => typeof name === 'string') && named.some((name) => allowed.includes(name))
  )
}

function isComplete(claims: JsonObject): claims is Claims {
  const { sub, sid, client_id, jti, iat, exp, auth_time } = claims
  return (
    isId('usr', sub) &&
    isId('ses', sid) &&
    isText(client_id, /^[\x21-\x7e]{1,128}$/) &&
    isText(jti, /^[\w-]{1,64}$/) &&
    isSeconds(iat) &&
    isSeconds(exp) &&
    (auth_time === undefined || isSeconds(auth_time))
  )
}

/** Eleven digits to the base 32, below 2^53. */
function isId(kind: 'usr' | 'ses', value: unknown): boolean {
  return isText(value, /^[a-z]{3}_[0-7][0-9a-v]{10}$/) && value.startsWith(`${kind}_`)
}

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value)
}

/** Whole seconds of a time that a clock can show. */
function isSeconds(value: unknown): value is number {
  return Number.isSafeInteger(value) && typeof value === 'number' && value > 0 && value < 2 ** 40
}

/**
 * The server writes base64url without padding around what `JSON.stringify` gives, so only what
 * comes out the same when it is written again is read: no name twice, no byte that is not UTF-8, no
 * padding, white space or spare bits, nothing that another reader would read otherwise.
 */
function decode(part: string): JsonObject {
  try {
    const text = Buffer.from(part, 'base64url').toString()
    const value: unknown = JSON.parse(text)
    const written = Buffer.from(JSON.stringify(value)).toString('base64url')
    // A member of that name becomes a prototype wherever claims are copied.
    if (isObject(value) && written === part && !text.includes('"__proto__"')) return value
  } catch {
    // Not JSON, or nested too deep.
  }
  return refuse('a part of it is not an object in canonical JSON and base64url')
}

function refuse(reason: string): never {
  throw new VerifyError('token_invalid', reason)
}
