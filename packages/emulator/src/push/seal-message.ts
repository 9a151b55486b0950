import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'

/** How WeChat signs what it pushes: the SHA-1 of the sorted parts, in hex. */
export function signParts(...parts: readonly string[]): string {
  return createHash('sha1').update(parts.toSorted().join('')).digest('hex')
}

/** Bytes to which a message is filled up; not the cipher's own 16. */
const blockBytes = 32

/**
 * Seals a message for an app's back end: AES-256-CBC over 16 random bytes, the length, the message
 * and the appid.
 *
 * @param encodingAesKey 43 characters of base64.
 */
export function sealMessage(
  message: string,
  encodingAesKey: string,
  appid: string,
  random16: Uint8Array,
): string {
  const text = Buffer.from(message)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(text.length)
  const content = Buffer.concat([random16, length, text, Buffer.from(appid)])
  const fill = blockBytes - (content.length % blockBytes)
  const { key, iv } = keyOf(encodingAesKey)
  const cipher = createCipheriv('aes-256-cbc', key, iv).setAutoPadding(false)
  const sealed = [cipher.update(Buffer.concat([content, Buffer.alloc(fill, fill)])), cipher.final()]
  return Buffer.concat(sealed).toString('base64')
}

/** The message that was sealed for this appid; undefined if there is none. */
export function openMessage(
  sealed: string,
  encodingAesKey: string,
  appid: string,
): string | undefined {
  try {
    const { key, iv } = keyOf(encodingAesKey)
    const decipher = createDecipheriv('aes-256-cbc', key, iv).setAutoPadding(false)
    const filled = Buffer.concat([decipher.update(sealed, 'base64'), decipher.final()])
    const fill = filled.at(-1) ?? 0
    const end = 20 + filled.readUInt32BE(16)
    const isWhole =
      fill >= 1 &&
      fill <= blockBytes &&
      filled.subarray(-fill).every((byte) => byte === fill) &&
      filled.toString('utf8', end, filled.length - fill) === appid
    return isWhole ? filled.toString('utf8', 20, end) : undefined
  } catch {
    return undefined
  }
}

function keyOf(encodingAesKey: string): { key: Buffer; iv: Buffer } {
  const key = Buffer.from(`${encodingAesKey}=`, 'base64')
  return { key, iv: key.subarray(0, 16) }
}
