import { equalBytes, mac } from '../digest.ts'
import type { KeyRing } from '../key-ring.ts'

/**
 * A refresh token is (session, generation) under a keyed MAC:
 *
 *     kmr_ base64url( format (1) ‖ key version (2) ‖ session id (8) ‖ generation (4) ‖ HMAC-SHA256 (32) )
 *
 * Nothing of it is stored, so a copy of the database yields no token [SE-2]; a malformed one is
 * refused before any read [RT-6]; and everyone who exchanges the same one is given the identical
 * successor [RT-3]. The prefix lets secret scanners find one that leaked. [SE-1]
 */
const prefix = 'kmr_'
const format = 1
const bodyBytes = 15
const macBytes = 32
const pattern = new RegExp(
  `^${prefix}([A-Za-z0-9_-]{${Math.ceil(((bodyBytes + macBytes) * 8) / 6)}})$`,
)

export type RefreshClaim = { readonly session_id: number; readonly generation: number }

export function mintRefreshToken(ring: KeyRing, { session_id, generation }: RefreshClaim): string {
  const body = Buffer.alloc(bodyBytes)
  body.writeUInt8(format, 0)
  body.writeUInt16BE(ring.current, 1)
  body.writeBigUInt64BE(BigInt(session_id), 3)
  body.writeUInt32BE(generation, 11)
  const key = ring.key('refresh-token', ring.current)
  if (!key) throw new Error('The key ring has no key of its current version')
  return prefix + Buffer.concat([body, mac(key, body)]).toString('base64url')
}

/**
 * @returns `undefined` for anything that {@link mintRefreshToken} did not write under a key of this
 *   ring.
 */
export function readRefreshToken(ring: KeyRing, token: string): RefreshClaim | undefined {
  const encoded = pattern.exec(token)?.[1]
  if (!encoded) return undefined
  const bytes = Buffer.from(encoded, 'base64url')
  const body = bytes.subarray(0, bodyBytes)
  // base64url has spare bits at the end: only the one spelling that was minted is taken.
  if (body.readUInt8(0) !== format || bytes.toString('base64url') !== encoded) return undefined
  const key = ring.key('refresh-token', body.readUInt16BE(1))
  if (!key || !equalBytes(mac(key, body), bytes.subarray(bodyBytes))) return undefined
  return { session_id: Number(body.readBigUInt64BE(3)), generation: body.readUInt32BE(11) }
}
