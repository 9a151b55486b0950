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
export { defaultCallLimits } from './options.ts'
export type { WechatOptions } from './options.ts'
export type { Picture, ReplyBody } from './transport/read-reply.ts'
export type { JsonValue } from './transport/encode.ts'

// Mini programs: who the user is
export { code2Session } from './mini-program/code2session.ts'
export type { Code2SessionParams, Code2SessionReply } from './mini-program/code2session.ts'
export { checkSessionKey } from './mini-program/check-session-key.ts'
export { resetUserSessionKey } from './mini-program/reset-user-session-key.ts'
export type { ResetUserSessionKeyReply } from './mini-program/reset-user-session-key.ts'
export type { SignedParams } from './mini-program/sign-query.ts'
export { getPluginOpenPId } from './mini-program/get-plugin-openpid.ts'
export type { GetPluginOpenPIdParams } from './mini-program/get-plugin-openpid.ts'
export { getPaidUnionId } from './mini-program/get-paid-unionid.ts'
export type { GetPaidUnionIdParams, Payment } from './mini-program/get-paid-unionid.ts'

// Mini programs: phone numbers, keys, data, codes to scan
export { getPhoneNumber } from './mini-program/get-phone-number.ts'
export type { GetPhoneNumberParams, GetPhoneNumberReply } from './mini-program/get-phone-number.ts'
export { readPhoneNumber, toE164 } from './mini-program/phone-number.ts'
export type { PhoneNumber } from './mini-program/phone-number.ts'
export { checkEncryptedMessage } from './mini-program/check-encrypted-message.ts'
export type {
  CheckEncryptedMessageParams,
  CheckEncryptedMessageReply,
} from './mini-program/check-encrypted-message.ts'
export { getUserEncryptKey } from './mini-program/get-user-encrypt-key.ts'
export type { UserEncryptKey } from './mini-program/get-user-encrypt-key.ts'
export { getOpenData } from './mini-program/get-open-data.ts'
export type { GetOpenDataParams, OpenDataItem } from './mini-program/get-open-data.ts'
export { getUnlimitedQRCode } from './mini-program/get-unlimited-qr-code.ts'
export type { GetUnlimitedQRCodeParams } from './mini-program/get-unlimited-qr-code.ts'

// Open data, verified and decrypted here
export { verifyRawData } from './open-data/verify-raw-data.ts'
export type { VerifyRawDataParams } from './open-data/verify-raw-data.ts'
export { decryptOpenData } from './open-data/decrypt-open-data.ts'
export type { DecryptOpenDataParams, OpenData } from './open-data/decrypt-open-data.ts'
export { signLoginState } from './open-data/sign-login-state.ts'

// Service accounts and websites: OAuth
export { authorizeUrl } from './oauth/authorize-url.ts'
export type { AuthorizeUrlParams } from './oauth/authorize-url.ts'
export { qrConnectUrl } from './oauth/qr-connect-url.ts'
export type { QrConnectUrlParams } from './oauth/qr-connect-url.ts'
export { exchangeOAuthCode } from './oauth/exchange-oauth-code.ts'
export type {
  ExchangeOAuthCodeParams,
  ExchangeOAuthCodeReply,
} from './oauth/exchange-oauth-code.ts'
export { refreshOAuthToken } from './oauth/refresh-oauth-token.ts'
export { checkOAuthToken } from './oauth/check-oauth-token.ts'
export type { OAuthToken } from './oauth/read-oauth-token.ts'
export { getUserInfo } from './oauth/get-user-info.ts'
export type { GetUserInfoParams, UserInfo } from './oauth/get-user-info.ts'
export { getFollower } from './oauth/get-follower.ts'
export type { Follower, GetFollowerParams } from './oauth/get-follower.ts'

// Access tokens of an app
export { createAccessTokens } from './access-token/create-access-tokens.ts'
export type { AccessTokens, AccessTokensOptions } from './access-token/create-access-tokens.ts'
export type { TokenStore } from './access-token/token-store.ts'
export { getStableAccessToken } from './access-token/get-stable-access-token.ts'
export type { GetStableAccessTokenParams } from './access-token/get-stable-access-token.ts'
export { getAccessToken } from './access-token/get-access-token.ts'
export type { AccessTokenReply } from './access-token/read-access-token.ts'

// Quotas, and what became of a call
export { clearQuota } from './quota/clear-quota.ts'
export { clearQuotaByAppSecret } from './quota/clear-quota-by-app-secret.ts'
export { clearApiQuota } from './quota/clear-api-quota.ts'
export { getApiQuota } from './quota/get-api-quota.ts'
export type { ApiQuota, RateLimit } from './quota/get-api-quota.ts'
export { getRidInfo } from './quota/get-rid-info.ts'
export type { RidInfo } from './quota/get-rid-info.ts'

// Message push
export { verifyPushUrl } from './push/verify-push-url.ts'
export type { VerifyPushUrlParams } from './push/verify-push-url.ts'
export { decodePush } from './push/decode-push.ts'
export type { DecodePushParams, Push } from './push/decode-push.ts'
export { encryptPushReply } from './push/encrypt-push-reply.ts'
export type { EncryptPushReplyParams } from './push/encrypt-push-reply.ts'

// Errors
export { WechatError } from './errors/wechat-error.ts'
export { WechatTransportError } from './errors/transport-error.ts'
export type { TransportFailure } from './errors/transport-error.ts'
export { WechatInputError } from './errors/input-error.ts'
export { WechatDataError } from './errors/data-error.ts'
export { errcodes, explainErrcode } from './errors/errcodes.ts'
export { callErrcodes } from './errors/call-errcodes.ts'
export type { ErrorEntry, Fault, Text } from './errors/error-entry.ts'

// Secrets and logs
export { secret } from './secret.ts'
export type { Secret } from './secret.ts'
export { redactUrl } from './transport/redact-url.ts'
