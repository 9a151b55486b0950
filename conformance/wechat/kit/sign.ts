import { createDecipheriv, createHmac } from 'node:crypto'

/** The login state's signature of a message; its key is the text of the session_key. */
export function signLoginState(sessionKey: string | Uint8Array, message = ''): string {
  return createHmac('sha256', sessionKey).update(message).digest('hex')
}

/** What WeChat encrypted for a mini program. */
export function decryptOpenData(sessionKey: string, iv: string, encryptedData: string): unknown {
  const decipher = createDecipheriv(
    'aes-128-cbc',
    Buffer.from(sessionKey, 'base64'),
    Buffer.from(iv, 'base64'),
  )
  return JSON.parse(decipher.update(encryptedData, 'base64', 'utf8') + decipher.final('utf8'))
}
