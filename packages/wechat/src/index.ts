/**
 * WeChat's login API as a typed client.
 *
 *     const wechat = createWechat()
 *     const { openid, session_key } = await code2Session(wechat, { appid, secret, js_code })
 *     await wechat.close()
 *
 * @module
 */

// The client
export { createWechat } from './wechat.ts'
export type { Wechat, WechatRequest } from './wechat.ts'
export type { WechatOptions } from './options.ts'
export type { ReplyBody } from './transport/read-reply.ts'

// Mini programs
export { code2Session } from './mini-program/code2session.ts'
export type { Code2SessionParams, Code2SessionReply } from './mini-program/code2session.ts'

// Errors
export { WechatError } from './errors/wechat-error.ts'
export { WechatTransportError } from './errors/transport-error.ts'
export type { TransportFailure } from './errors/transport-error.ts'
export { WechatInputError } from './errors/input-error.ts'
export { errcodes, explainErrcode } from './errors/errcodes.ts'
export type { ErrorEntry, Fault, Text } from './errors/errcodes.ts'

// Secrets and logs
export { secret } from './secret.ts'
export type { Secret } from './secret.ts'
export { redactUrl } from './transport/redact-url.ts'
