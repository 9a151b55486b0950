/**
 * The HTTP surface, one entry a route. The server mounts exactly these, the OpenAPI document lists
 * exactly these.
 */
import type { GenericSchema } from 'valibot'
import type { ErrorCode } from './errors.ts'
import {
  ChangePasswordBody,
  ChangePhoneBody,
  Echo,
  Empty,
  Health,
  Jwks,
  OpenapiDocument,
  RevokeBody,
  Revoked,
  Sessions,
  OtpBody,
  OtpSent,
  SignedIn,
  SignInOtpBody,
  SignInPasswordBody,
  SignInPhoneBody,
  SignInReply,
  SignInWechatBody,
  TokenBody,
  Tokens,
  User,
} from './messages.ts'

export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path with `{name}` parameters, as in OpenAPI. */
  readonly path: string
  readonly summary: string
  /** `bearer`: an access token is needed. */
  readonly auth: 'none' | 'bearer'
  readonly body?: GenericSchema
  /** Whether the body may also be a form, as OAuth's endpoints take it. */
  readonly form?: boolean
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly reply: GenericSchema
  /** Default 200. */
  readonly status?: 202
  /** Default `application/json`. */
  readonly replyType?: 'text/plain'
  /** Replies that hold tokens or personal data; they carry `Cache-Control: no-store`. */
  readonly noStore?: boolean
  readonly errors: readonly ErrorCode[]
}

const bodyErrors = ['body_invalid', 'body_too_large', 'media_type_unsupported'] as const
const bearerErrors = ['token_invalid', 'token_expired', 'session_ended', 'user_disabled'] as const

export const routes = {
  signInWechat: {
    method: 'POST',
    path: '/v1/sign-in/wechat',
    summary: 'Sign in with the code of wx.login',
    auth: 'none',
    body: SignInWechatBody,
    headers: {
      'Idempotency-Key':
        'A random text of at most 128 characters. The same code sent again with the same key within 60 s gives the same session.',
    },
    reply: SignInReply,
    noStore: true,
    errors: [
      ...bodyErrors,
      'app_unknown',
      'code_invalid',
      'code_used',
      'wechat_busy',
      'wechat_rate_limited',
      'wechat_user_blocked',
      'wechat_unreachable',
      'wechat_config',
      'wechat_error',
      'session_ended',
      'user_disabled',
      'sign_in_refused',
    ],
  },
  signInPhone: {
    method: 'POST',
    path: '/v1/sign-in/phone',
    summary: 'Sign in with the phone button, after wx.login',
    auth: 'none',
    body: SignInPhoneBody,
    reply: SignedIn,
    noStore: true,
    errors: [
      ...bodyErrors,
      'app_unknown',
      'ticket_invalid',
      'code_invalid',
      'code_used',
      'phone_code_invalid',
      'phone_taken',
      'wechat_busy',
      'wechat_rate_limited',
      'wechat_user_blocked',
      'wechat_unreachable',
      'wechat_config',
      'wechat_error',
      'user_disabled',
      'sign_in_refused',
    ],
  },
  sendOtp: {
    method: 'POST',
    path: '/v1/otp',
    summary: 'Send a code to a phone by SMS',
    auth: 'none',
    body: OtpBody,
    status: 202,
    reply: OtpSent,
    noStore: true,
    errors: [...bodyErrors, ...bearerErrors, 'ticket_invalid', 'rate_limited', 'not_found'],
  },
  signInOtp: {
    method: 'POST',
    path: '/v1/sign-in/otp',
    summary: 'Sign in with a code that was sent by SMS',
    auth: 'none',
    body: SignInOtpBody,
    reply: SignedIn,
    noStore: true,
    errors: [
      ...bodyErrors,
      'app_unknown',
      'ticket_invalid',
      'otp_wrong',
      'otp_expired',
      'otp_exhausted',
      'phone_taken',
      'user_disabled',
      'sign_in_refused',
    ],
  },
  signInPassword: {
    method: 'POST',
    path: '/v1/sign-in/password',
    summary: 'Sign in with a phone number and a password',
    auth: 'none',
    body: SignInPasswordBody,
    reply: SignedIn,
    noStore: true,
    errors: [
      ...bodyErrors,
      'app_unknown',
      'ticket_invalid',
      'password_wrong',
      'phone_unverified',
      'phone_taken',
      'rate_limited',
      'user_disabled',
      'sign_in_refused',
    ],
  },
  token: {
    method: 'POST',
    path: '/v1/token',
    summary: 'Exchange a refresh token for the next pair (RFC 6749 section 6)',
    auth: 'none',
    body: TokenBody,
    form: true,
    reply: Tokens,
    noStore: true,
    errors: [
      ...bodyErrors,
      'token_invalid',
      'refresh_reused',
      'session_ended',
      'user_disabled',
      'rate_limited',
    ],
  },
  revoke: {
    method: 'POST',
    path: '/v1/revoke',
    summary: 'Sign out: end the session of a token (RFC 7009)',
    auth: 'none',
    body: RevokeBody,
    form: true,
    reply: Empty,
    noStore: true,
    errors: [...bodyErrors],
  },
  me: {
    method: 'GET',
    path: '/v1/me',
    summary: 'The signed-in user',
    auth: 'bearer',
    reply: User,
    noStore: true,
    errors: [...bearerErrors],
  },
  changePhone: {
    method: 'PUT',
    path: '/v1/me/phone',
    summary: 'Change the phone number; needs a sign-in of the last 10 minutes',
    auth: 'bearer',
    body: ChangePhoneBody,
    reply: User,
    noStore: true,
    errors: [
      ...bodyErrors,
      ...bearerErrors,
      'reauth_required',
      'otp_wrong',
      'otp_expired',
      'otp_exhausted',
      'phone_taken',
    ],
  },
  changePassword: {
    method: 'PUT',
    path: '/v1/me/password',
    summary: 'Set or change the password',
    auth: 'bearer',
    body: ChangePasswordBody,
    reply: Empty,
    noStore: true,
    errors: [
      ...bodyErrors,
      ...bearerErrors,
      'reauth_required',
      'password_wrong',
      'password_weak',
      'rate_limited',
    ],
  },
  listSessions: {
    method: 'GET',
    path: '/v1/me/sessions',
    summary: 'The devices on which the user is signed in',
    auth: 'bearer',
    reply: Sessions,
    noStore: true,
    errors: [...bearerErrors],
  },
  endOtherSessions: {
    method: 'DELETE',
    path: '/v1/me/sessions',
    summary: 'Sign out on every other device',
    auth: 'bearer',
    query: { others: 'Must be `true`: every session but this one' },
    reply: Revoked,
    noStore: true,
    errors: [...bearerErrors, 'body_invalid'],
  },
  endSession: {
    method: 'DELETE',
    path: '/v1/me/sessions/{id}',
    summary: 'Sign out on one device',
    auth: 'bearer',
    reply: Revoked,
    noStore: true,
    errors: [...bearerErrors, 'not_found'],
  },
  checkPushUrl: {
    method: 'GET',
    path: '/v1/wechat/push/{app_id}',
    summary: 'WeChat checks the URL of message push that was entered in its console',
    auth: 'none',
    query: {
      signature: 'SHA-1 over the sorted token, timestamp and nonce; lower-case hex',
      timestamp: 'Of the signature; seconds',
      nonce: 'Of the signature',
      echostr: 'At most 128 printable ASCII characters; the answer',
    },
    reply: Echo,
    replyType: 'text/plain',
    noStore: true,
    errors: ['not_found', 'data_invalid'],
  },
  jwks: {
    method: 'GET',
    path: '/.well-known/jwks.json',
    summary: 'The keys that sign access tokens (RFC 7517)',
    auth: 'none',
    reply: Jwks,
    errors: [],
  },
  healthz: {
    method: 'GET',
    path: '/healthz',
    summary: 'Whether the process runs',
    auth: 'none',
    reply: Health,
    errors: [],
  },
  readyz: {
    method: 'GET',
    path: '/readyz',
    summary: 'Whether the process can serve: its stores answer',
    auth: 'none',
    reply: Health,
    errors: ['unavailable'],
  },
  openapi: {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This interface as OpenAPI 3.1',
    auth: 'none',
    reply: OpenapiDocument,
    errors: [],
  },
} as const satisfies Record<string, Route>

export type RouteName = keyof typeof routes
