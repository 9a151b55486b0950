/**
 * WeChat login: users, sessions and tokens behind one `Request → Response` handler.
 *
 *     const auth = createAuth({ publicUrl, apps, secret, store })
 *     const response = await auth.handler(request)
 *
 * @module
 */

// The engine
export { createAuth } from './auth.ts'
export type { Auth } from './auth.ts'
export type { SigningKeyOptions } from './session/rotation.ts'
export type { Examine, Finding, Health } from './health.ts'
export type {
  AppOptions,
  AuthOptions,
  CloudOptions,
  ConsoleOptions,
  RetentionOptions,
} from './options.ts'
export { serviceScopes } from '@kaimen/protocol'
export type { ServiceScope } from '@kaimen/protocol'
export { openOperations } from './operate.ts'
export type { Operations, OperationsOptions } from './operate.ts'
export type { Administrator } from './operate/admins.ts'
export type { Conflict } from './operate/conflicts.ts'
export type { Credential, CredentialOptions } from './operate/credentials.ts'
export type { LoggedEvent } from './operate/events.ts'
export type { ListedSigningKey } from './operate/keys.ts'
export type { Page } from './operate/page.ts'
export type { Whose } from './operate/sessions.ts'
export type { Merge } from './operate/users.ts'
export type { Connection } from './http/handlers.ts'
export type {
  Actor,
  Admit,
  AuthEvent,
  Captcha,
  Claims,
  HookUser,
  Refusal,
  WebhookOptions,
} from './hooks.ts'
export { ConfigError, KaimenError } from './errors.ts'

// What is passed in
export { sendToLog } from './sms/log-sender.ts'
export type { SmsMessage, SmsOutcome, SmsSender } from './sms/sms-sender.ts'
export type { LimitOptions } from './challenge/address-limits.ts'
export type { OtpOptions } from './challenge/otp-limits.ts'
export type { PasswordOptions } from './password/options.ts'
export { systemClock } from './clock.ts'
export type { Clock } from './clock.ts'
export type { Random } from './random.ts'

// The store contracts
export type { BlobStore } from './store/blob-store.ts'
export type { EphemeralStore } from './store/ephemeral-store.ts'
export type {
  AdminFactor,
  AdminStore,
  StoredAdmin,
  StoredAdminInvite,
  StoredAdminSession,
} from './store/admin-store.ts'
export type {
  Cutoff,
  EndedSession,
  EndReason,
  FoundUsers,
  ProofKey,
  SignInOutcome,
  SignInWrite,
  Store,
  SealedPhone,
  StoredConflict,
  StoredCredential,
  StoredEvent,
  StoredIdentity,
  StoredMerge,
  StoredPhone,
  StoredPreferences,
  StoredSession,
  StoredSigningKey,
  StoredUnionid,
  StoredUser,
  UserStatus,
  WechatKey,
} from './store/store.ts'
