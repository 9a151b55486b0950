import { equalBytes, mac } from '../digest.ts'
import type { KeyRing, Purpose } from '../key-ring.ts'

/**
 * A text that stands for numbers of ours in somebody's hands:
 *
 *     prefix base64url( format (1) ‖ key version (2) ‖ payload ‖ HMAC-SHA256 (32) )
 *
 * Nothing of it is stored, so a copy of the database yields none [SE-2]; a malformed one is refused
 * before any read [RT-6]. The prefix lets secret scanners find one that leaked. [SE-1]
 */
export type HandleKind = {
  readonly purpose: Purpose
  readonly payloadBytes: number
  readonly prefix: string
  readonly pattern: RegExp
}

const format = 1
const headBytes = 3
const macBytes = 32

export function handleKind(prefix: string, purpose: Purpose, payloadBytes: number): HandleKind {
  const length = Math.ceil(((headBytes + payloadBytes + macBytes) * 8) / 6)
  return {
    prefix,
    purpose,
    payloadBytes,
    pattern: new RegExp(`^${prefix}([A-Za-z0-9_-]{${length}})$`),
  }
}

/** @param write Writes the payload from `offset` on. */
export function mintHandle(
  ring: KeyRing,
  { prefix, purpose, payloadBytes }: HandleKind,
  write: (body: Buffer, offset: number) => void,
): string {
  const body = Buffer.alloc(headBytes + payloadBytes)
  body.writeUInt8(format, 0)
  body.writeUInt16BE(ring.current, 1)
  write(body, headBytes)
  const key = ring.key(purpose, ring.current)
  if (!key) throw new Error('The key ring has no key of its current version')
  return prefix + Buffer.concat([body, mac(key, body)]).toString('base64url')
}

/**
 * @returns The payload; `undefined` for anything that {@link mintHandle} did not write under a key
 *   of this ring.
 */
export function readHandle(
  ring: KeyRing,
  { purpose, payloadBytes, pattern }: HandleKind,
  text: string,
): Buffer | undefined {
  const encoded = pattern.exec(text)?.[1]
  if (!encoded) return undefined
  const bytes = Buffer.from(encoded, 'base64url')
  const body = bytes.subarray(0, headBytes + payloadBytes)
  // base64url has spare bits at the end: only the one spelling that was minted is taken.
  if (body.readUInt8(0) !== format || bytes.toString('base64url') !== encoded) return undefined
  const key = ring.key(purpose, body.readUInt16BE(1))
  if (!key || !equalBytes(mac(key, body), bytes.subarray(body.length))) return undefined
  return body.subarray(headBytes)
}
