import { sign } from 'node:crypto'
import { errors, jwtVerify, type JWTPayload } from 'jose'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock.ts'
import { KaimenError } from '../errors.ts'
import { formatId, parseId } from '../id.ts'
import type { Random } from '../random.ts'
import type { SigningKeys } from './signing-keys.ts'

/**
 * Access tokens are RFC 9068 JWTs, signed with ES256. They name the user, the session and the app,
 * and carry nothing else of the person: no openid, phone or `session_key`. [TK-6]
 */
export type AccessTokens = {
  /** The longest life of a token. */
  readonly lifetimeMs: number
  sign(subject: AccessTokenSubject): string
  /** @throws {@link KaimenError} `token_expired` or `token_invalid`. */
  verify(token: string): Promise<VerifiedAccessToken>
}

type AccessTokenSubject = {
  user_id: number
  session_id: number
  app_id: string
  lifetimeMs: number
  /** Added by the host's `claims`; never replaces one of ours. */
  claims?: Readonly<Record<string, unknown>>
}

type VerifiedAccessToken = {
  readonly user_id: number
  readonly session_id: number
  readonly app_id: string
  /** Milliseconds since the Unix epoch. */
  readonly expires_at: number
}

type Parts = {
  keys: SigningKeys
  clock: Clock
  random: Random
  issuer: string
  audience: string
  lifetimeMs: number
}

/** Longer ones are refused before they are parsed; bytes. [TK-7] */
const maxTokenLength = 8192
/** Tokens that were signed or verified here and are remembered: some 40 MB when there are so many. */
const rememberedTokens = 50_000

export function accessTokens(parts: Parts): AccessTokens {
  const { keys, clock, random, issuer, audience } = parts
  const { kid, privateKey } = keys.current
  const header = encode({ alg: 'ES256', typ: 'at+jwt', kid })
  const verified = new LRUCache<string, VerifiedAccessToken>({ max: rememberedTokens })

  return {
    lifetimeMs: parts.lifetimeMs,

    // Signed by hand: through WebCrypto the same signature costs three times as much.
    sign({ user_id, session_id, app_id, lifetimeMs, claims }) {
      const iat = Math.floor(clock.now() / 1000)
      const exp = iat + Math.floor(lifetimeMs / 1000)
      const payload = encode({
        ...claims,
        iss: issuer,
        aud: audience,
        sub: formatId('usr', user_id),
        client_id: app_id,
        sid: formatId('ses', session_id),
        iat,
        exp,
        jti: Buffer.from(random(12)).toString('base64url'),
      })
      const input = `${header}.${payload}`
      const token = `${input}.${toJose(sign('sha256', Buffer.from(input), privateKey))}`
      // What was signed here needs no verifying here.
      verified.set(token, { user_id, session_id, app_id, expires_at: exp * 1000 })
      return token
    },

    async verify(token) {
      const known = verified.get(token)
      if (known) return stillValid(known)
      if (token.length > maxTokenLength) throw new KaimenError('token_invalid')
      const fresh = readClaims(await verifySignature(token))
      verified.set(token, fresh)
      return fresh
    },
  }

  function stillValid(token: VerifiedAccessToken): VerifiedAccessToken {
    if (clock.now() >= token.expires_at) throw new KaimenError('token_expired')
    return token
  }

  /** [TK-1] [TK-2] [TK-3] */
  async function verifySignature(token: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(
        token,
        ({ kid = '' }) => {
          const publicKey = keys.publicKeys.get(kid)
          if (!publicKey) throw new KaimenError('token_invalid')
          return publicKey
        },
        {
          algorithms: ['ES256'],
          typ: 'at+jwt',
          issuer,
          audience,
          requiredClaims: ['iss', 'aud', 'sub', 'client_id', 'sid', 'iat', 'exp', 'jti'],
          currentDate: new Date(clock.now()),
        },
      )
      return payload
    } catch (error) {
      throw new KaimenError(error instanceof errors.JWTExpired ? 'token_expired' : 'token_invalid')
    }
  }
}

/**
 * ECDSA signatures as JWS has them: r ‖ s, 32 bytes each (RFC 7518 section 3.4). OpenSSL's own form
 * is DER (RFC 3279 section 2.2.3); to have it convert costs as much as the signature.
 */
function toJose(der: Buffer): string {
  const signature = Buffer.alloc(64)
  // SEQUENCE, its length, INTEGER, its length: all of one byte for P-256.
  const rStart = 4
  const rEnd = rStart + der.readUInt8(3)
  const sStart = rEnd + 2
  // An integer has a zero before it where its first bit is set, and no zeros otherwise.
  const r = der.subarray(Math.max(rStart, rEnd - 32), rEnd)
  const s = der.subarray(Math.max(sStart, der.length - 32))
  signature.set(r, 32 - r.length)
  signature.set(s, 64 - s.length)
  return signature.toString('base64url')
}

function readClaims({ sub, sid, client_id, exp }: JWTPayload): VerifiedAccessToken {
  const user_id = typeof sub === 'string' ? parseId('usr', sub) : undefined
  const session_id = typeof sid === 'string' ? parseId('ses', sid) : undefined
  if (user_id === undefined || session_id === undefined || typeof client_id !== 'string' || !exp) {
    throw new KaimenError('token_invalid')
  }
  return { user_id, session_id, app_id: client_id, expires_at: exp * 1000 }
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
