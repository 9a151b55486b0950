import { randomBytes } from 'node:crypto'
import { checkAppid, checkText } from '../parameters.ts'
import { isSecret } from '../secret.ts'
import type { Secret } from '../secret.ts'
import { readAesKey, sealPush, signPush } from './push-seal.ts'

export interface EncryptPushReplyParams {
  readonly appid: string
  /** The Token of the console's message-push page. */
  readonly token: string | Secret
  /** The EncodingAESKey of that page. */
  readonly encodingAESKey: string | Secret
  /** JSON or XML, by what the console chose. */
  readonly message: string
  /** What the reply is written in. Default `json`. */
  readonly format?: 'json' | 'xml'
  /** Milliseconds since the Unix epoch. Default `Date.now`. */
  readonly nowMs?: () => number
  /** Unpredictable bytes. Default Node's own source. */
  readonly random?: (size: number) => Uint8Array
}

/**
 * The body of an answer to a sealed push that says more than `success`.
 *
 * @throws {@link WechatInputError} When `appid`, `token` or `encodingAESKey` is malformed.
 * @see https://developers.weixin.qq.com/miniprogram/dev/framework/server-ability/message-push.html
 */
export function encryptPushReply(params: EncryptPushReplyParams): string {
  const { appid, message, format = 'json', nowMs = Date.now, random = randomBytes } = params
  checkAppid(appid)
  const token = isSecret(params.token) ? params.token.reveal() : params.token
  checkText('token', token, /^[A-Za-z0-9]{3,32}$/)
  const key = readAesKey(params.encodingAESKey)
  const Encrypt = sealPush(key, { random16: random(16), message, appid })
  const TimeStamp = Math.floor(nowMs() / 1000)
  const Nonce = String(Buffer.from(random(4)).readUInt32BE())
  const MsgSignature = signPush([token, String(TimeStamp), Nonce, Encrypt])
  if (format === 'json') return JSON.stringify({ Encrypt, MsgSignature, TimeStamp, Nonce })
  return [
    '<xml>',
    `<Encrypt><![CDATA[${Encrypt}]]></Encrypt>`,
    `<MsgSignature><![CDATA[${MsgSignature}]]></MsgSignature>`,
    `<TimeStamp>${TimeStamp}</TimeStamp>`,
    `<Nonce><![CDATA[${Nonce}]]></Nonce>`,
    '</xml>',
  ].join('')
}
