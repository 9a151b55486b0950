/** Every message between Kaimen's client and server. */
export {
  errorCodeOf,
  errorCodes,
  errorTable,
  type Action,
  type ErrorCode,
  type ErrorEntry,
  type Localized,
} from './errors.ts'
export {
  ChangePasswordBody,
  ChangePhoneBody,
  Device,
  Health,
  Identities,
  Identity,
  Jwks,
  LinkIdentityBody,
  OtpBody,
  OtpSent,
  PhoneRequired,
  Problem,
  RevokeBody,
  Revoked,
  Session,
  Sessions,
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
export { renderOpenapi } from './openapi.ts'
export { routes, type Route, type RouteName } from './routes.ts'
