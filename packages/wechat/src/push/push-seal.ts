import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import { WechatInputError } from '../errors/input-error.ts'
import { decodeBase64 } from '../open-data/decode-base64.ts'
import { stripPadding } from '../open-data/strip-padding.ts'
import { isSecret } from '../secret.ts'
import type { Secret } from '../secret.ts'

const blockBytes = 32
const headBytes = 20

/** SHA-1 over the sorted parts, lower-case hex. */
export function signPush(parts: readonly string[]): string {
  return createHash('sha1').update(parts.toSorted().join('')).digest('hex')
}

/** The 32 bytes of an EncodingAESKey. */
export function readAesKey(encodingAESKey: string | Secret): Buffer {
  const text = isSecret(encodingAESKey) ? encodingAESKey.reveal() : encodingAESKey
  const isShaped = typeof text === 'string' && /^[A-Za-z0-9]{43}$/.test(text)
  // The last of 43 letters carries two bits too many; WeChat's own keys have them set at random.
  const key = isShaped ? Buffer.from(`${text}=`, 'base64') : undefined
  if (key?.length !== 32) throw new WechatInputError('encodingAESKey', 'must be 43 of A-Z a-z 0-9')
  return key
}

/** 16 random bytes, the length, the message and the appid, padded to blocks of 32, as base64. */
export function sealPush(
  key: Buffer,
  { random16, message, appid }: { random16: Uint8Array; message: string; appid: string },
): string {
  const text = Buffer.from(message)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(text.length)
  const plain = Buffer.concat([random16, length, text, Buffer.from(appid)])
  const count = blockBytes - (plain.length % blockBytes)
  const padded = Buffer.concat([plain, Buffer.alloc(count, count)])
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false)
  return Buffer.concat([cipher.update(padded), cipher.final()]).toString('base64')
}

/** What was sealed, or `undefined` where anything is wrong with it. */
export function openPush(
  key: Buffer,
  sealed: string,
): { readonly message: string; readonly appid: string } | undefined {
  const ciphertext = decodeBase64(sealed)
  if (ciphertext === undefined || ciphertext.length === 0 || ciphertext.length % 16 !== 0) {
    return undefined
  }
  const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false)
  const padded = Buffer.concat([decipher.update(ciphertext), decipher.final()])
  const plain = stripPadding(padded, blockBytes)
  if (plain === undefined || plain.length < headBytes) return undefined
  const end = headBytes + plain.readUInt32BE(16)
  if (end > plain.length) return undefined
  return {
    message: plain.toString('utf8', headBytes, end),
    appid: plain.toString('utf8', end),
  }
}
