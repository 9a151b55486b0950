import type { Action, ServerErrorCode } from './wire.ts'

/** How this client says no, beside the server's own codes. */
export type ClientErrorCode =
  | 'network'
  | 'timeout'
  | 'signed_out'
  | 'phone_required'
  | 'token_refused'
  | 'paused'
  | 'privacy_refused'
  | 'privacy_undeclared'
  | 'user_refused'
  | 'wx_login_failed'
  | 'wx_phone_failed'
  | 'wx_failed'
  | 'phone_quota'
  | 'domain_not_allowed'
  | 'file_unreadable'
  | 'reply_invalid'
  | 'options_invalid'
  | 'platform_missing'
  | 'cancelled'
  | 'cookie_lost'

export type ErrorCode = ClientErrorCode | ServerErrorCode

/** Of what this client finds by itself: words for a person, and the next step. */
const found: { readonly [code in ErrorCode]?: readonly [string, Action?] } = {
  network: ['网络不通，请稍后重试', 'retry'],
  timeout: ['超时，请稍后重试', 'retry'],
  signed_out: ['请先登录', 'relogin'],
  phone_required: ['请先验证手机号'],
  token_refused: ['登录未被接受'],
  paused: ['登录太频繁，请稍后重试', 'wait'],
  rate_limited: ['请求太频繁，请稍后重试', 'wait'],
  unavailable: ['服务不可用，请稍后重试', 'wait'],
  privacy_refused: ['未同意隐私指引'],
  privacy_undeclared: ['隐私保护指引未声明此接口', 'fix_config'],
  user_refused: ['未获得授权'],
  wx_login_failed: ['微信登录失败，请稍后重试', 'retry'],
  wx_phone_failed: ['未取得手机号'],
  wx_failed: ['微信接口调用失败'],
  phone_quota: ['手机号额度已用完', 'fix_config'],
  wechat_user_blocked: ['微信限制该账号登录'],
  domain_not_allowed: ['域名未在小程序后台配置', 'fix_config'],
  reply_invalid: ['baseUrl 不是 Kaimen 的地址', 'fix_config'],
  options_invalid: ['参数不正确', 'fix_config'],
  platform_missing: ['没有 wx，请传入 platform', 'fix_config'],
}

/** What is known of a failure beside its code. */
export interface ErrorFacts {
  message?: string | undefined
  detail?: string | undefined
  action?: Action | undefined
  status?: number | undefined
  errno?: number | undefined
  wechat?: { errcode: number; rid?: string | undefined } | undefined
  retryAfterSeconds?: number | undefined
  cause?: unknown
}

/** Every failure of this client. No code, token, ticket, phone or password is in any of its fields. */
export class AuthError extends Error {
  declare readonly code: ErrorCode
  /** What to do next; `relogin` means `client.login()`. */
  declare readonly action: Action
  /** Whether the same call may succeed later, unchanged. */
  declare readonly retryable: boolean
  /** For the developer: the server's explanation. */
  declare readonly detail?: string
  /** HTTP status, when a server answered. */
  declare readonly status?: number
  /** WeChat's errno, when `wx.login`, `wx.request` or the phone button failed. */
  declare readonly errno?: number
  /** WeChat's answer to the server, for a report to the developer. */
  declare readonly wechat?: { errcode: number; rid?: string }
  /** Seconds until another try makes sense. */
  declare readonly retryAfterSeconds?: number
  declare readonly cause?: unknown

  constructor(code: ErrorCode, facts: ErrorFacts = {}) {
    const [words, usual = 'none'] = found[code] || [code]
    const { action = usual, message = words } = facts
    super(message)
    const retryable = action === 'retry' || action === 'wait'
    Object.assign(this, facts, { name: 'AuthError', message, code, action, retryable })
  }

  /** An independent subpackage brings its own copy of this class; their errors are one kind. */
  static override [Symbol.hasInstance](value: unknown): value is AuthError {
    return value instanceof Error && value.name === 'AuthError' && 'retryable' in value
  }
}
