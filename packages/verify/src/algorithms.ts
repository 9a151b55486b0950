import { verify, type KeyObject } from 'node:crypto'
import type { JsonObject } from './json.ts'

export type Algorithm = {
  /** Does a JWK have the type and the size that this algorithm wants? RFC 7518 section 6. */
  fits(jwk: JsonObject, key: KeyObject): boolean
  verify(key: KeyObject, input: Buffer, signature: Buffer): boolean
}

/** The shortest RSA modulus taken; bits. [TK-4] */
const minModulusLength = 3072

const ed25519: Algorithm = {
  fits: ({ kty, crv }) => kty === 'OKP' && crv === 'Ed25519',
  verify: (key, input, signature) => signature.length === 64 && verify(null, input, key, signature),
}

/**
 * The only ones there are: asymmetric, and each bound to one type of key. A key has one of them, so
 * that no token chooses. [TK-1]
 */
export const algorithms: ReadonlyMap<unknown, Algorithm> = new Map<unknown, Algorithm>([
  [
    'ES256',
    {
      fits: ({ kty, crv }) => kty === 'EC' && crv === 'P-256',
      verify: (key, input, signature) =>
        signature.length === 64 && verify('sha256', input, key, toDer(signature)),
    },
  ],
  ['EdDSA', ed25519],
  // RFC 9864.
  ['Ed25519', ed25519],
  [
    'RS256',
    {
      fits: ({ kty }, key) =>
        kty === 'RSA' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= minModulusLength,
      verify: (key, input, signature) => verify('sha256', input, key, signature),
    },
  ],
])

/**
 * An ECDSA signature as OpenSSL wants it (RFC 3279 section 2.2.3), from r ‖ s of 32 bytes each (RFC
 * 7518 section 3.4). To have Node convert it costs half as much again as the check itself.
 */
function toDer(signature: Buffer): Buffer {
  const r = toInteger(signature.subarray(0, 32))
  const s = toInteger(signature.subarray(32))
  // SEQUENCE, INTEGER, INTEGER: every length is of one byte.
  const der = Buffer.alloc(6 + r.length + s.length)
  der.set([0x30, 4 + r.length + s.length, 0x02, r.length])
  der.set(r, 4)
  der.set([0x02, s.length], 4 + r.length)
  der.set(s, 6 + r.length)
  return der
}

/** As short as it can be, with a zero before a first bit that would make it negative. */
function toInteger(bytes: Buffer): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0)
  const short = start < 0 ? bytes.subarray(-1) : bytes.subarray(start)
  return (short[0] ?? 0) < 0x80 ? short : Buffer.concat([Buffer.alloc(1), short])
}
