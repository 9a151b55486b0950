/** Silent WeChat login for mini programs. */
export { AuthError, type ClientErrorCode, type ErrorCode, type ErrorFacts } from './auth-error.ts'
export { readHeader, refusalOf } from './call.ts'
export {
  createClient,
  type Client,
  type ClientOptions,
  type LoginOptions,
  type LogoutOptions,
  type OtpOptions,
  type RequestOptions,
  type RequestResult,
  type SignInOptions,
} from './client.ts'
export type { Platform, PlatformRequest, Reply, TransportOptions } from './platform.ts'
export type { LoginResult, OtpResult, SessionUser } from './registry.ts'
export { readFailure, wechat, type PhoneEvent, type WechatApi } from './wechat.ts'
export type { Action, Device, LinkIdentityBody, ServerErrorCode, User } from './wire.ts'
