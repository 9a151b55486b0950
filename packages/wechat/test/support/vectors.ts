import { readFileSync } from 'node:fs'

interface Vectors {
  readonly rawDataSignature: Record<'rawData' | 'session_key' | 'signature', string>
  readonly encryptedData: Record<
    'appid' | 'session_key' | 'iv' | 'encryptedData' | 'plaintext',
    string
  >
  readonly loginStateHmac: Record<'session_key' | 'post_data' | 'signature', string>
  readonly push: {
    readonly token: string
    readonly verify: Record<'timestamp' | 'nonce' | 'signature' | 'echostr', string>
    readonly plain: Record<'timestamp' | 'nonce' | 'signature', string>
    readonly secure: Record<
      | 'encodingAESKey'
      | 'appid'
      | 'timestamp'
      | 'nonce'
      | 'signature'
      | 'msg_signature'
      | 'Encrypt'
      | 'msg',
      string
    >
    readonly reply: Record<
      'random16' | 'msg' | 'TimeStamp' | 'Nonce' | 'Encrypt' | 'MsgSignature',
      string
    >
  }
  /** Not of WeChat's pages: a made-up number under a made-up key, and a signature over nothing. */
  readonly madeHere: {
    readonly phone: Record<
      | 'session_key'
      | 'iv'
      | 'plaintext'
      | 'encryptedData'
      | 'sha256_of_base64_text'
      | 'sha256_of_bytes',
      string
    >
    readonly signature_of_empty_string: string
  }
}

const file = new URL('../fixtures/official-vectors.json', import.meta.url)

/** The samples of WeChat's pages on signatures, open data and message push. */
export const vectors: Vectors = JSON.parse(readFileSync(file, 'utf8'))
