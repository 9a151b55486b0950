import { createHash } from 'node:crypto'
import { WechatDataError } from '../errors/data-error.ts'
import { checkCredential } from '../parameters.ts'
import type { Secret } from '../secret.ts'
import { sameDigest } from './same-digest.ts'

export interface VerifyRawDataParams {
  /** Exactly as `wx.getUserInfo` gave it: parsed and written again it is another text. */
  readonly rawData: string
  /** Lower-case hex, as `wx.getUserInfo` gave it. */
  readonly signature: string
  /** The user's stored key. Its text signs, not what it decodes to. */
  readonly session_key: string | Secret
}

/**
 * Verifies that WeChat signed `rawData` for the holder of `session_key`. It names no app and no
 * time: only `encryptedData` does, by its watermark.
 *
 * @throws {@link WechatInputError} When `session_key` is malformed.
 * @throws {@link WechatDataError} When it did not.
 * @see https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/signature.html
 */
export function verifyRawData({ rawData, signature, session_key }: VerifyRawDataParams): void {
  const key = checkCredential('session_key', session_key).reveal()
  if (typeof rawData !== 'string') throw new WechatDataError()
  const expected = createHash('sha1').update(rawData).update(key).digest('hex')
  if (!sameDigest(signature, expected)) throw new WechatDataError()
}
