import { createHmac, hash, timingSafeEqual, type KeyObject } from 'node:crypto'

/** SHA-256 as base64url: for look-up keys made from one-use values, so that these are never stored. */
export function sha256(...parts: readonly string[]): string {
  return hash('sha256', parts.join('\0'), 'base64url')
}

/** HMAC-SHA256, 32 bytes. */
export function mac(key: KeyObject, data: Uint8Array): Buffer {
  return createHmac('sha256', key).update(data).digest()
}

/** [CR-2] Compares in time that does not depend on where the two differ. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
