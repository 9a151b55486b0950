import { createHmac } from 'node:crypto'
import { secondMs } from '../clock.ts'
import { equalBytes } from '../digest.ts'

/** Every authenticator takes these, and some take nothing else. RFC 6238 section 4. */
const stepMs = 30 * secondMs
const digits = 6
/** Of the secret: as many as SHA-1 gives. RFC 4226 section 4, R6. */
export const totpSecretBytes = 20

/** The number of the step that an instant is in. */
export const totpStep = (nowMs: number): number => Math.floor(nowMs / stepMs)

/** The code of one step: HOTP (RFC 4226 section 5.3) with the step as its counter. */
export function totpCode(secret: Uint8Array, step: number, length = digits): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const hash = createHmac('sha1', secret).update(counter).digest()
  const offset = hash.readUInt8(hash.length - 1) & 0xf
  const number = hash.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** length).padStart(length, '0')
}

/**
 * The step whose code this is: the present one, or one beside it, for clocks that differ and people
 * who type slowly. RFC 6238 section 5.2.
 */
export function findStep(secret: Uint8Array, code: string, nowMs: number): number | undefined {
  const now = totpStep(nowMs)
  const typed = Buffer.from(code)
  // All three, whichever it is, so that time says nothing.
  const [step] = [now, now - 1, now + 1].filter((each) =>
    equalBytes(Buffer.from(totpCode(secret, each)), typed),
  )
  return step
}

/**
 * What an authenticator reads from a QR code.
 *
 * @param account Stands under the name, as the host of the server.
 * @see https://github.com/google/google-authenticator/wiki/Key-Uri-Format
 */
export function totpUrl(secret: Uint8Array, account: string): string {
  const query = new URLSearchParams({ secret: encodeBase32(secret), issuer: 'Kaimen' })
  return `otpauth://totp/Kaimen:${encodeURIComponent(account)}?${query.toString()}`
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4648 section 6, without padding: whole groups of five bytes have none. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = ''
  let held = 0
  let bits = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) {
      text += alphabet.charAt((held >>> (bits - 5)) & 31)
    }
    held &= (1 << bits) - 1
  }
  return bits > 0 ? text + alphabet.charAt((held << (5 - bits)) & 31) : text
}
