import type { ErrorCode, Localized } from '@kaimen/protocol'

export type KaimenErrorOptions = {
  /** Takes the place of the table's sentence. Holds no secret, token, phone or code. */
  detail?: Localized
  /** What WeChat answered; shown to the client unless the code is `wechat_config`. */
  wechat?: { errcode: number; rid?: string }
  retryAfterSeconds?: number
  /** Whom it concerns, for the audit log; never shown to the client. */
  user_id?: string
  /** For the operator's log only. */
  cause?: unknown
  /** The operator was told already: of an outage once, and not at each request. */
  isReported?: boolean
}

/** A refusal that the client is told of. Its code is an entry of the protocol's error table. */
export class KaimenError extends Error {
  override readonly name = 'KaimenError'
  readonly code: ErrorCode
  readonly detail: Localized | undefined
  readonly wechat: { errcode: number; rid?: string } | undefined
  readonly retryAfterSeconds: number | undefined
  readonly user_id: string | undefined
  readonly isReported: boolean

  constructor(code: ErrorCode, options: KaimenErrorOptions = {}) {
    super(code, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.detail = options.detail
    this.wechat = options.wechat
    this.retryAfterSeconds = options.retryAfterSeconds
    this.user_id = options.user_id
    this.isReported = options.isReported ?? false
  }
}

/** What `createAuth` or the command line was given is wrong; said at the start, never to a client. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}
