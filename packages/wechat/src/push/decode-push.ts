import { createHash } from 'node:crypto'
import { WechatDataError } from '../errors/data-error.ts'
import { checkAge } from '../open-data/check-age.ts'
import { sameDigest } from '../open-data/same-digest.ts'
import { checkAppid } from '../parameters.ts'
import { isSecret } from '../secret.ts'
import type { Secret } from '../secret.ts'
import { parseMessage } from './parse-message.ts'
import { openPush, readAesKey, signPush } from './push-seal.ts'

export interface DecodePushParams {
  readonly appid: string
  /** The Token of the console's message-push page. */
  readonly token: string | Secret
  /**
   * The EncodingAESKey of that page, for its secure and compatible modes. Where it is given, only
   * what is sealed counts: the signature of a plain push does not cover its body.
   */
  readonly encodingAESKey?: string | Secret
  /** The query of WeChat's POST. */
  readonly query: Readonly<Partial<Record<string, string>>>
  /** Its body, as it came; at most 256 KiB. */
  readonly body: string
  /**
   * Oldest push that is taken, in seconds by its signed `timestamp`, 1 to 31536000, or `Infinity`.
   * Default 600.
   */
  readonly maxAgeSeconds?: number
  /** Milliseconds since the Unix epoch. Default `Date.now`. */
  readonly nowMs?: () => number
}

/** A message or event. `fields` has everything that WeChat sent, by its own names. */
export interface Push {
  /**
   * The same in each of WeChat's tries to deliver it, 3 within 15 seconds; different for different
   * messages. Do each `id` once.
   */
  readonly id: string
  /** In lower case, for example `event` or `text`. */
  readonly MsgType: string
  /** In lower case, for example `user_authorization_revoke`. */
  readonly Event?: string
  /** Seconds since the Unix epoch; 0 where WeChat does not say. */
  readonly CreateTime: number
  readonly ToUserName?: string
  /** Who wrote. Of authorisation events it is not the user: {@link Push.OpenID} is. */
  readonly FromUserName?: string
  readonly OpenID?: string
  readonly UnionID?: string
  readonly AppID?: string
  readonly PluginID?: string
  readonly OpenPID?: string
  /** Which data the user withdrew, for example `8` for the phone number. */
  readonly RevokeInfo?: string
  readonly fields: Readonly<Record<string, unknown>>
}

const named = [
  'ToUserName',
  'FromUserName',
  'OpenID',
  'UnionID',
  'AppID',
  'PluginID',
  'OpenPID',
  'RevokeInfo',
] as const

/**
 * Verifies and decodes a POST of WeChat's message push. Answer `success` within 5 seconds, or what
 * {@link encryptPushReply} gives.
 *
 * @throws {@link WechatInputError} When `appid`, `encodingAESKey` or `maxAgeSeconds` is malformed.
 * @throws {@link WechatDataError} When it is not WeChat's, not this app's, or stale.
 * @see https://developers.weixin.qq.com/miniprogram/dev/framework/server-ability/message-push.html
 * @see https://developers.weixin.qq.com/miniprogram/dev/framework/security.revokes.html
 */
export function decodePush(params: DecodePushParams): Push {
  const { appid, encodingAESKey, query, body, maxAgeSeconds = 600, nowMs = Date.now } = params
  checkAppid(appid)
  const isFresh = checkAge(maxAgeSeconds, nowMs)
  const key = encodingAESKey === undefined ? undefined : readAesKey(encodingAESKey)
  const { timestamp, nonce } = query
  if (typeof timestamp !== 'string' || !/^\d{1,12}$/.test(timestamp)) throw new WechatDataError()
  if (typeof nonce !== 'string' || typeof body !== 'string') throw new WechatDataError()
  if (body.length > 262_144) throw new WechatDataError()
  const token = isSecret(params.token) ? params.token.reveal() : params.token

  let message = body
  if (key === undefined) {
    if (!sameDigest(query.signature, signPush([token, timestamp, nonce]))) {
      throw new WechatDataError()
    }
  } else {
    const sealed = parseMessage(body)?.Encrypt
    if (typeof sealed !== 'string') throw new WechatDataError()
    // Not `signature`: that one does not cover the body.
    if (!sameDigest(query.msg_signature, signPush([token, timestamp, nonce, sealed]))) {
      throw new WechatDataError()
    }
    const opened = openPush(key, sealed)
    if (opened?.appid !== appid) throw new WechatDataError()
    message = opened.message
  }
  if (!isFresh(Number(timestamp))) throw new WechatDataError()
  const fields = parseMessage(message)
  if (fields === undefined) throw new WechatDataError()
  return readPush(fields, message)
}

function readPush(fields: Readonly<Record<string, unknown>>, message: string): Push {
  const MsgType = textOf(fields.MsgType)?.toLowerCase()
  if (MsgType === undefined) throw new WechatDataError()
  const Event = textOf(fields.Event)?.toLowerCase()
  return {
    id: textOf(fields.MsgId) ?? createHash('sha256').update(message).digest('hex'),
    MsgType,
    ...(Event !== undefined && { Event }),
    CreateTime: Number(textOf(fields.CreateTime) ?? 0) || 0,
    ...Object.fromEntries(
      named
        .map((name) => [name, textOf(fields[name])] as const)
        .filter(([, value]) => value !== undefined),
    ),
    fields,
  }
}

/** XML has everything as text, JSON some as numbers. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value.trim() : undefined
}
