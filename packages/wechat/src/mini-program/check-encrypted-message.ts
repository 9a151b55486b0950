import { createHash } from 'node:crypto'
import { checkCredential, checkText } from '../parameters.ts'
import type { Secret } from '../secret.ts'
import { badReply, numberOrZero } from '../transport/read-fields.ts'
import type { Wechat } from '../wechat.ts'

export interface CheckEncryptedMessageParams {
  /** The app's. */
  readonly access_token: string | Secret
  /** What the phone-number button gave, in base64 as it came. */
  readonly encryptedData: string
  /**
   * What is hashed: the base64 text or the bytes it stands for. WeChat's page does not say. Default
   * `text`.
   */
  readonly hashOf?: 'text' | 'bytes'
}

export interface CheckEncryptedMessageReply {
  /** Whether WeChat made this data. On the wire it is spelt `vaild`. */
  readonly valid: boolean
  /** When, in seconds since the Unix epoch; 0 where WeChat does not say. */
  readonly create_time: number
}

/**
 * Asks whether WeChat made this encrypted data in the last 3 days. Knows that of phone numbers
 * only.
 *
 * @throws {@link WechatInputError} When a parameter is malformed; nothing was sent.
 * @throws {@link WechatError} When WeChat answers an `errcode`: 1 (unknown to it), -1, 40097, those
 *   of access_tokens.
 * @throws {@link WechatTransportError} When there is no answer that can be used.
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-info/basic-info/checkEncryptedData.html
 */
export async function checkEncryptedMessage(
  wechat: Wechat,
  { access_token, encryptedData, hashOf = 'text' }: CheckEncryptedMessageParams,
): Promise<CheckEncryptedMessageReply> {
  const endpoint = 'checkEncryptedMessage'
  checkText('encryptedData', encryptedData, /^[A-Za-z0-9+/]{1,65536}={0,2}$/)
  const hashed = hashOf === 'text' ? encryptedData : Buffer.from(encryptedData, 'base64')
  const reply = await wechat.call({
    endpoint,
    method: 'POST',
    path: '/wxa/business/checkencryptedmsg',
    query: { access_token: checkCredential('access_token', access_token) },
    body: { encrypted_msg_hash: createHash('sha256').update(hashed).digest('hex') },
  })
  // The misspelling is WeChat's; should it ever be mended, this goes on.
  const valid = reply.vaild ?? reply.valid
  if (typeof valid !== 'boolean') throw badReply(endpoint, 'vaild is missing or no boolean')
  return { valid, create_time: numberOrZero(reply.create_time) }
}
