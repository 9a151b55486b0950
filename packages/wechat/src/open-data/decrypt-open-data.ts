import { createDecipheriv } from 'node:crypto'
import { WechatDataError } from '../errors/data-error.ts'
import { WechatInputError } from '../errors/input-error.ts'
import { checkAge } from './check-age.ts'
import { checkAppid } from '../parameters.ts'
import { isSecret } from '../secret.ts'
import type { Secret } from '../secret.ts'
import { isFields } from '../transport/read-fields.ts'
import { decodeBase64 } from './decode-base64.ts'
import { stripPadding } from './strip-padding.ts'

export interface DecryptOpenDataParams {
  /** Whose data it has to be. */
  readonly appid: string
  /** The user's stored key. */
  readonly session_key: string | Secret
  /** Base64, as the phone got it; at most 1 MiB. */
  readonly encryptedData: string
  /** Base64 of 16 bytes, as the phone got it. */
  readonly iv: string
  /**
   * Oldest data that is taken, in seconds since WeChat made it, 1 to 31536000, or `Infinity`.
   * Default 300, as long as WeChat's codes live. Data from more than 60 seconds ahead is refused
   * too.
   */
  readonly maxAgeSeconds?: number
  /** Milliseconds since the Unix epoch. Default `Date.now`. */
  readonly nowMs?: () => number
}

/** Decrypted open data. Which fields there are depends on what was asked for. */
export interface OpenData {
  readonly watermark: { readonly appid: string; readonly timestamp: number }
  readonly [field: string]: unknown
}

/**
 * Decrypts what `wx.getUserInfo`, the phone-number button and others give as `encryptedData`, and
 * checks that it is this app's and fresh. The cipher has no signature, so that who holds a
 * ciphertext can change it blindly: to learn whose phone it is, prefer `getPhoneNumber`.
 *
 * @throws {@link WechatInputError} When `appid`, `session_key` or `maxAgeSeconds` is malformed.
 * @throws {@link WechatDataError} For whatever else is wrong. Most often the key is stale.
 * @see https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/signature.html
 */
export function decryptOpenData(params: DecryptOpenDataParams): OpenData {
  const { appid, session_key, encryptedData, iv, maxAgeSeconds = 300, nowMs = Date.now } = params
  checkAppid(appid)
  const key = decodeBase64(isSecret(session_key) ? session_key.reveal() : session_key)
  if (key?.length !== 16) throw new WechatInputError('session_key', 'must be base64 of 16 bytes')
  const isFresh = checkAge(maxAgeSeconds, nowMs)

  const ciphertext = decodeBase64(encryptedData)
  const vector = decodeBase64(iv)
  if (
    ciphertext === undefined ||
    ciphertext.length === 0 ||
    ciphertext.length % 16 !== 0 ||
    ciphertext.length > 1_048_576 ||
    vector?.length !== 16
  ) {
    throw new WechatDataError()
  }
  const decipher = createDecipheriv('aes-128-cbc', key, vector).setAutoPadding(false)
  const padded = Buffer.concat([decipher.update(ciphertext), decipher.final()])
  const plain = stripPadding(padded, 16)
  // Bad padding takes the same way on as bad JSON: telling them apart would decrypt any ciphertext.
  const data = parse(plain ?? padded)
  const watermark = isFields(data) ? data.watermark : undefined
  if (plain === undefined || !isFields(data) || !isFields(watermark)) throw new WechatDataError()
  const { appid: owner, timestamp } = watermark
  if (owner !== appid || typeof timestamp !== 'number' || !isFresh(timestamp)) {
    throw new WechatDataError()
  }
  return { ...data, watermark: { appid: owner, timestamp } }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch {
    return undefined
  }
}
