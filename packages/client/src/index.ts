/** Silent WeChat login for mini programs. */
export type { LoginResult, OtpResult, SessionUser } from './account.ts'
export { AuthError, type ClientErrorCode, type ErrorCode, type ErrorFacts } from './auth-error.ts'
export {
  createClient,
  type Client,
  type ClientOptions,
  type LoginOptions,
  type RequestOptions,
  type RequestResult,
} from './client.ts'
export type { Platform, PlatformRequest, Reply, TransportOptions } from './platform.ts'
export { wechat, type PhoneEvent, type WechatApi } from './wechat.ts'
export type { Action, Device, ServerErrorCode } from './wire.ts'
