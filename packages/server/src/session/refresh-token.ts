import type { KeyRing } from '../key-ring.ts'
import { handleKind, mintHandle, readHandle } from './sealed-handle.ts'

/**
 * A refresh token is (session, generation) under a keyed MAC, so everyone who exchanges the same
 * one is given the identical successor. [RT-3]
 */
const kind = handleKind('kmr_', 'refresh-token', 12)

export type RefreshClaim = { readonly session_id: number; readonly generation: number }

export function mintRefreshToken(ring: KeyRing, { session_id, generation }: RefreshClaim): string {
  return mintHandle(ring, kind, (body, offset) => {
    body.writeBigUInt64BE(BigInt(session_id), offset)
    body.writeUInt32BE(generation, offset + 8)
  })
}

/**
 * @returns `undefined` for anything that {@link mintRefreshToken} did not write under a key of this
 *   ring.
 */
export function readRefreshToken(ring: KeyRing, token: string): RefreshClaim | undefined {
  const payload = readHandle(ring, kind, token)
  if (!payload) return undefined
  return { session_id: Number(payload.readBigUInt64BE(0)), generation: payload.readUInt32BE(8) }
}
