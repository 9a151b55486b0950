/**
 * What travels between this client and a Kaimen server. `@kaimen/protocol` is where it is defined;
 * it is written again here so that the published types need nothing else, and a test holds the two
 * equal.
 */

/** What to do next. `fix_config` is for the developer, never for the person. */
export type Action = 'none' | 'relogin' | 'retry' | 'wait' | 'fix_config'

/** How a Kaimen server says no. A server newer than this client may have more. */
export type ServerErrorCode =
  | 'code_invalid'
  | 'code_used'
  | 'wechat_busy'
  | 'wechat_rate_limited'
  | 'wechat_user_blocked'
  | 'wechat_unreachable'
  | 'wechat_config'
  | 'wechat_error'
  | 'snapshot_user'
  | 'app_unknown'
  | 'body_invalid'
  | 'body_too_large'
  | 'media_type_unsupported'
  | 'method_not_allowed'
  | 'not_found'
  | 'rate_limited'
  | 'ticket_invalid'
  | 'phone_taken'
  | 'phone_code_invalid'
  | 'phone_unverified'
  | 'identity_taken'
  | 'last_way_in'
  | 'password_wrong'
  | 'password_weak'
  | 'otp_wrong'
  | 'otp_expired'
  | 'otp_exhausted'
  | 'session_key_stale'
  | 'data_invalid'
  | 'token_invalid'
  | 'token_expired'
  | 'refresh_reused'
  | 'session_ended'
  | 'reauth_required'
  | 'user_disabled'
  | 'sign_in_refused'
  | 'unavailable'
  | 'internal_error'

/** RFC 9457. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: ServerErrorCode
  retryable: boolean
  action: Action
  wechat?: { errcode: number; rid?: string | undefined } | undefined
}

/** What the person sees in the list of devices; each at most 64 characters. */
export interface Device {
  model?: string | undefined
  system?: string | undefined
  name?: string | undefined
}

export interface User {
  /** Never changes. */
  id: string
  nickname: string | null
  avatar_url: string | null
  /** Masked. */
  phone: string | null
  /** RFC 3339. */
  created_at: string
}

export interface Tokens {
  access_token: string
  token_type: 'Bearer'
  /** Seconds, counted from receipt. */
  expires_in: number
  refresh_token: string
  /** Seconds. */
  refresh_expires_in: number
  session_id: string
}

export interface SignedIn extends Tokens {
  status: 'signed_in'
  is_new_user: boolean
  user: User
}

export interface PhoneRequired {
  status: 'phone_required'
  ticket: string
  /** Seconds. */
  expires_in: number
}

export interface SignInPhoneBody {
  ticket?: string | undefined
  app_id?: string | undefined
  /** From `wx.login`, where there is no ticket. */
  code?: string | undefined
  phone_code: string
  device?: Device | undefined
}

export interface OtpBody {
  phone: string
  ticket?: string | undefined
}

export interface OtpSent {
  /** Life of the code; seconds. */
  expires_in: number
  /** Before another can be sent to this number; seconds. */
  retry_after: number
}

export interface SignInOtpBody {
  phone: string
  otp: string
  ticket?: string | undefined
  app_id?: string | undefined
  device?: Device | undefined
}

export interface SignInPasswordBody {
  phone: string
  password: string
  ticket?: string | undefined
  app_id?: string | undefined
  device?: Device | undefined
}

type Fields = { readonly [name: string]: unknown }

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

export function isProblem(value: unknown): value is Problem {
  return (
    isFields(value) &&
    typeof value['title'] === 'string' &&
    typeof value['action'] === 'string' &&
    typeof value['code'] === 'string'
  )
}

export function isTokens(value: unknown): value is Tokens {
  return (
    isFields(value) &&
    typeof value['access_token'] === 'string' &&
    typeof value['refresh_token'] === 'string' &&
    typeof value['expires_in'] === 'number'
  )
}

export function isSignedIn(value: unknown): value is SignedIn {
  return isFields(value) && isTokens(value) && isUser(value['user'])
}

export function isPhoneRequired(value: unknown): value is PhoneRequired {
  return (
    isFields(value) && value['status'] === 'phone_required' && typeof value['ticket'] === 'string'
  )
}

export function isOtpSent(value: unknown): value is OtpSent {
  return (
    isFields(value) &&
    typeof value['expires_in'] === 'number' &&
    typeof value['retry_after'] === 'number'
  )
}

export function isUser(value: unknown): value is User {
  return isFields(value) && typeof value['id'] === 'string'
}
