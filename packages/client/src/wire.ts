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
  | 'captcha_required'
  | 'session_key_stale'
  | 'data_invalid'
  | 'token_invalid'
  | 'token_expired'
  | 'refresh_reused'
  | 'session_ended'
  | 'reauth_required'
  | 'user_disabled'
  | 'user_deleted'
  | 'credential_invalid'
  | 'scope_missing'
  | 'sign_in_refused'
  | 'precondition_required'
  | 'preferences_changed'
  | 'origin_refused'
  | 'return_to_invalid'
  | 'state_missing'
  | 'state_expired'
  | 'state_used'
  | 'state_foreign'
  | 'authorization_refused'
  | 'account_required'
  | 'scan_invalid'
  | 'scan_expired'
  | 'scan_taken'
  | 'scan_unclaimed'
  | 'scan_done'
  | 'scan_foreign'
  | 'admin_required'
  | 'admin_password_wrong'
  | 'second_factor_wrong'
  | 'role_missing'
  | 'invite_invalid'
  | 'admin_name_taken'
  | 'last_owner'
  | 'merge_refused'
  | 'key_too_soon'
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
  phone_code?: string | undefined
  /** Of the button's old form, with `iv`; this client sends `phone_code`. */
  encrypted_data?: string | undefined
  iv?: string | undefined
  device?: Device | undefined
  /** Takes back an account that its owner deleted. */
  restore?: boolean | undefined
}

export interface OtpBody {
  phone: string
  ticket?: string | undefined
  app_id?: string | undefined
  captcha?: string | undefined
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
  restore?: boolean | undefined
}

export interface SignInPasswordBody {
  phone: string
  password: string
  ticket?: string | undefined
  app_id?: string | undefined
  device?: Device | undefined
  restore?: boolean | undefined
}

/** A device on which the user is signed in. */
export interface Session {
  id: string
  app_id: string
  device: Device | null
  /** RFC 3339. */
  created_at: string
  /** RFC 3339. */
  last_seen_at: string
  /** Whether it is this one. */
  current: boolean
}

/** What WeChat knows the user by in one app. */
export interface Identity {
  id: string
  kind: 'mini_program' | 'service_account' | 'website' | 'mobile_app'
  app_id: string
  /** RFC 3339. */
  created_at: string
}

/** A JSON object of the app's own making, at most 16 KiB and 32 levels deep. */
export interface Preferences {
  [name: string]: unknown
}

/** Everything that the server holds on the user. Times are RFC 3339. */
export interface Export {
  exported_at: string
  user: {
    id: string
    nickname: string | null
    avatar_url: string | null
    /** Whole, in E.164. */
    phone: string | null
    phone_verified: boolean
    has_password: boolean
    created_at: string
  }
  identities: Array<{ app_id: string; openid: string; created_at: string }>
  unionids: Array<{ open_platform: string; unionid: string }>
  sessions: Array<{
    id: string
    app_id: string
    device: Device | null
    created_at: string
    last_seen_at: string
    ended_at: string | null
    end_reason: string | null
  }>
  preferences: Preferences | null
  events: Array<{
    at: string
    kind: string
    app_id: string | null
    session_id: string | null
    detail: { [name: string]: unknown }
  }>
}

export interface UpdateMeBody {
  nickname?: string | null | undefined
  /** Takes the picture away. */
  avatar_url?: null | undefined
}

export interface ChangePasswordBody {
  password: string
  current_password?: string | undefined
  end_other_sessions?: boolean | undefined
}

export interface ChangePhoneBody {
  phone: string
  otp: string
}

export interface LinkIdentityBody {
  app_id?: string | undefined
  code: string
}

export interface WechatDataBody {
  code?: string | undefined
  raw_data?: string | undefined
  signature?: string | undefined
  encrypted_data?: string | undefined
  iv?: string | undefined
}

/** What WeChat signed or encrypted, by its own names, without openId and unionId. */
export interface WechatData {
  [name: string]: unknown
}

export interface MeDeleted {
  /** RFC 3339. */
  gone_at: string
}

/** Who is signed in in a browser. */
export interface WebSession {
  user: User | null
  session_id: string | null
}

export interface WebToken {
  access_token: string
  token_type: 'Bearer'
  /** Seconds, counted from receipt. */
  expires_in: number
  session_id: string
  user: User
}

export interface ScanBegun {
  id: string
  /** The picture, for the browser that asked. */
  qr_url: string
  /** Seconds. */
  expires_in: number
  /** Seconds. */
  poll_interval: number
}

/** How a scan stands. `approved` comes as an event only: ask once more, for `signed_in`. */
export type ScanState =
  | { status: 'waiting'; /** Seconds. */ expires_in: number }
  | { status: 'claimed'; /** Seconds. */ expires_in: number }
  | { status: 'rejected' }
  | { status: 'expired' }
  | { status: 'approved' }
  | { status: 'signed_in'; session_id: string; user: User }

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

export function isWebSession(value: unknown): value is WebSession {
  if (!isFields(value)) return false
  const { user, session_id } = value
  return user === null ? session_id === null : isUser(user) && typeof session_id === 'string'
}

export function isWebToken(value: unknown): value is WebToken {
  return (
    isWebSession(value) &&
    'access_token' in value &&
    typeof value.access_token === 'string' &&
    'expires_in' in value &&
    typeof value.expires_in === 'number'
  )
}

export function isScanBegun(value: unknown): value is ScanBegun {
  return (
    isFields(value) &&
    typeof value['id'] === 'string' &&
    typeof value['qr_url'] === 'string' &&
    typeof value['expires_in'] === 'number' &&
    typeof value['poll_interval'] === 'number'
  )
}

export function isScanState(value: unknown): value is ScanState {
  if (!isFields(value)) return false
  switch (value['status']) {
    case 'waiting':
    case 'claimed':
      return typeof value['expires_in'] === 'number'
    case 'signed_in':
      return isUser(value['user']) && typeof value['session_id'] === 'string'
    default:
      return /^(rejected|expired|approved)$/.test(String(value['status']))
  }
}
