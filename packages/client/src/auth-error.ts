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
  | 'user_refused'
  | 'wx_login_failed'
  | 'wx_phone_failed'
  | 'phone_quota'
  | 'domain_not_allowed'
  | 'reply_invalid'
  | 'options_invalid'
  | 'platform_missing'

export type ErrorCode = ClientErrorCode | ServerErrorCode

/** Of what this client finds by itself: the next step, and words for a person. */
const found: { readonly [code in ErrorCode]?: readonly [Action, string] } = {
  network: ['retry', '网络不通，请稍后重试'],
  timeout: ['retry', '超时，请稍后重试'],
  signed_out: ['relogin', '请先登录'],
  phone_required: ['none', '请先验证手机号'],
  token_refused: ['none', '登录未被接受'],
  paused: ['wait', '登录太频繁，请稍后重试'],
  rate_limited: ['wait', '请求太频繁，请稍后重试'],
  unavailable: ['wait', '服务不可用，请稍后重试'],
  privacy_refused: ['none', '未同意隐私指引'],
  user_refused: ['none', '未获得授权'],
  wx_login_failed: ['retry', '微信登录失败，请稍后重试'],
  wx_phone_failed: ['none', '未取得手机号'],
  phone_quota: ['fix_config', '手机号额度已用完'],
  wechat_user_blocked: ['none', '微信限制该账号登录'],
  domain_not_allowed: ['fix_config', '域名未在小程序后台配置'],
  reply_invalid: ['fix_config', 'baseUrl 不是 Kaimen 的地址'],
  options_invalid: ['fix_config', '参数不正确'],
  platform_missing: ['fix_config', '没有 wx，请传入 platform'],
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
    const [usual, words] = found[code] ?? ['none', code]
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
