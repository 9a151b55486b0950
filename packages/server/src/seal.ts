import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { KeyRing } from './key-ring.ts'
import type { Random } from './random.ts'

/**
 * Encryption at rest. A sealed value is AES-256-GCM under the ring's current key, bound to the
 * place where it is stored: moved to another row or column it does not open. [CR-1]
 *
 *     format (1) ‖ key version (2) ‖ nonce (12) ‖ ciphertext ‖ tag (16)
 */
export type Place = {
  readonly table: string
  /** What tells the row from all others, and never changes. */
  readonly row: string
  readonly column: string
}

const format = 1
const headerBytes = 3
const nonceBytes = 12
const tagBytes = 16

export function seal(ring: KeyRing, random: Random, place: Place, plaintext: string): Uint8Array {
  const header = Buffer.alloc(headerBytes)
  header.writeUInt8(format, 0)
  header.writeUInt16BE(ring.current, 1)
  const nonce = random(nonceBytes)
  const key = ring.key('seal', ring.current)
  if (!key) throw new Error('The key ring has no key of its current version')
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(associatedData(header, place))
  const ciphertext = cipher.update(plaintext, 'utf8')
  cipher.final()
  return Buffer.concat([header, nonce, ciphertext, cipher.getAuthTag()])
}

/**
 * @returns The plaintext, or `undefined` where the value was tampered with, moved from another
 *   place, or sealed under a key that the ring does not have.
 */
export function open(ring: KeyRing, place: Place, sealed: Uint8Array): string | undefined {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  if (bytes.length < headerBytes + nonceBytes + tagBytes || bytes.readUInt8(0) !== format) return
  const key = ring.key('seal', bytes.readUInt16BE(1))
  if (!key) return
  const header = bytes.subarray(0, headerBytes)
  const nonce = bytes.subarray(headerBytes, headerBytes + nonceBytes)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  decipher.setAAD(associatedData(header, place))
  decipher.setAuthTag(bytes.subarray(-tagBytes))
  const ciphertext = bytes.subarray(headerBytes + nonceBytes, -tagBytes)
  try {
    return decipher.update(ciphertext, undefined, 'utf8') + decipher.final('utf8')
  } catch {
    return undefined
  }
}

/** {@link seal}, for stores of text. */
export function sealText(ring: KeyRing, random: Random, place: Place, plaintext: string): string {
  return Buffer.from(seal(ring, random, place, plaintext)).toString('base64url')
}

/** {@link open}, for stores of text. */
export function openText(ring: KeyRing, place: Place, sealed: string): string | undefined {
  return open(ring, place, Buffer.from(sealed, 'base64url'))
}

/** Whether a value was sealed under an older key than the ring writes with. */
export function isStale(ring: KeyRing, sealed: Uint8Array): boolean {
  return Buffer.from(sealed.subarray(0, headerBytes)).readUInt16BE(1) !== ring.current
}

function associatedData(header: Uint8Array, { table, row, column }: Place): Uint8Array {
  return Buffer.concat([header, Buffer.from(JSON.stringify([table, row, column]))])
}
