import { sign } from 'node:crypto'
import type { JWTHeaderParameters, JWTPayload } from 'jose'
import { JWTExpired } from 'jose/errors'
import { jwtVerify } from 'jose/jwt/verify'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock.ts'
import { KaimenError } from '../errors.ts'
import { formatId, parseId } from '../id.ts'
import type { Random } from '../random.ts'
import type { PublishedKey, SigningKey, SigningKeys } from './signing-keys.ts'

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
  /** When the person signed in, in milliseconds: what a cutoff is compared with. */
  signedInAt: number
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

/** One that is remembered, and the key that it stands or falls with. */
type Remembered = VerifiedAccessToken & { readonly key: PublishedKey }

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
/** Tokens that were verified here and are remembered: some 40 MB when there are so many. */
const rememberedTokens = 50_000

export function accessTokens(parts: Parts): AccessTokens {
  const { keys, clock, random, issuer, audience } = parts
  let signer = signWith(keys.current)
  const verified = new LRUCache<string, Remembered>({ max: rememberedTokens })

  return {
    lifetimeMs: parts.lifetimeMs,

    // Signed by hand: through WebCrypto the same signature costs three times as much.
    sign({ user_id, session_id, app_id, signedInAt, lifetimeMs, claims }) {
      if (signer.key !== keys.current) signer = signWith(keys.current)
      const { header, key } = signer
      const iat = Math.floor(clock.now() / 1000)
      const exp = iat + Math.floor(lifetimeMs / 1000)
      const payload = encode({
        ...claims,
        // Ours to leave out: with another value nobody would take the token.
        nbf: undefined,
        iss: issuer,
        aud: audience,
        sub: formatId('usr', user_id),
        client_id: app_id,
        sid: formatId('ses', session_id),
        auth_time: Math.floor(signedInAt / 1000),
        iat,
        exp,
        jti: Buffer.from(random(12)).toString('base64url'),
      })
      const input = `${header}.${payload}`
      return `${input}.${toJose(sign('sha256', Buffer.from(input), key.privateKey))}`
    },

    async verify(token) {
      const known = verified.get(token)
      if (known) return stillValid(known)
      if (token.length > maxTokenLength) throw new KaimenError('token_invalid')
      const { payload, key } = await verifySignature(token)
      const fresh = { ...readClaims(payload), key }
      verified.set(token, fresh)
      return fresh
    },
  }

  function stillValid(token: Remembered): VerifiedAccessToken {
    const now = clock.now()
    // A key that was revoked takes its tokens with it.
    if (now >= token.key.goneAtMs) throw new KaimenError('token_invalid')
    if (now >= token.expires_at) throw new KaimenError('token_expired')
    return token
  }

  /** [TK-1] [TK-2] [TK-3] */
  async function verifySignature(
    token: string,
  ): Promise<{ payload: JWTPayload; key: PublishedKey }> {
    let key: PublishedKey | undefined
    try {
      const { payload, protectedHeader } = await jwtVerify(
        token,
        async ({ kid = '' }) => {
          key = keys.find(kid) ?? (await keys.findAnew(kid))
          if (!key) throw new KaimenError('token_invalid')
          return key.publicKey
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
      if (!key || !isCanonical(token, protectedHeader, payload)) {
        throw new KaimenError('token_invalid')
      }
      return { payload, key }
    } catch (error) {
      throw new KaimenError(error instanceof JWTExpired ? 'token_expired' : 'token_invalid')
    }
  }
}

/**
 * Is it written as {@link accessTokens} writes: no name twice, no padding or spare bits, nothing
 * that another reader would read otherwise? And no header member that says how it is to be read.
 * [TK-1]
 */
function isCanonical(token: string, header: JWTHeaderParameters, payload: JWTPayload): boolean {
  const [head, body, signature = ''] = token.split('.')
  const written = Buffer.from(signature, 'base64url').toString('base64url')
  if (head !== encode(header) || body !== encode(payload) || signature !== written) return false
  return header.crit === undefined
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

/** What the header of its tokens says never changes. */
function signWith(key: SigningKey) {
  return { key, header: encode({ alg: 'ES256', typ: 'at+jwt', kid: key.kid }) }
}

function readClaims({ sub, sid, client_id, jti, exp }: JWTPayload): VerifiedAccessToken {
  const user_id = typeof sub === 'string' ? parseId('usr', sub) : undefined
  const session_id = typeof sid === 'string' ? parseId('ses', sid) : undefined
  if (user_id === undefined || session_id === undefined || !exp) {
    throw new KaimenError('token_invalid')
  }
  if (typeof client_id !== 'string' || typeof jti !== 'string') {
    throw new KaimenError('token_invalid')
  }
  return { user_id, session_id, app_id: client_id, expires_at: exp * 1000 }
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
