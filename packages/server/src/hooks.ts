import type { Localized } from '@kaimen/protocol'
import type { EndReason, UserStatus } from './store/store.ts'

/** A user as the host's own code sees one. */
export type HookUser = {
  /** As in `usr_…`; never changes. */
  readonly id: string
  readonly nickname: string | null
  readonly created_at: Date
}

/**
 * The host's own say before a sign-in counts. Returning `refuse` turns the person away with a
 * reason that the client is shown; nothing is written then.
 */
export type Admit = (attempt: {
  readonly proof: {
    /** The last step of the proof. */
    readonly kind: ProofKind
    readonly app_id: string
    /** `null` where no WeChat identity takes part. */
    readonly openid: string | null
    readonly unionid: string | null
  }
  /** `undefined`: a user is about to be made. */
  readonly user: HookUser | undefined
}) => Promise<Refusal | undefined> | Refusal | undefined

export type ProofKind = 'wechat' | 'phone_button' | 'otp' | 'password'

export type Refusal = { readonly refuse: Localized }

/**
 * Adds to the access token. Claims of our own cannot be replaced. Called at every sign-in and
 * refresh.
 */
export type Claims = (
  user: HookUser,
  session: { readonly id: string; readonly app_id: string },
) => Promise<Record<string, unknown>> | Record<string, unknown>

/**
 * Whether somebody may be sent a code: the host’s own CAPTCHA. Asked at every `POST /v1/otp`,
 * before anything is counted or sent. Whatever is not `true` is a no. [OTP-6]
 */
export type Captcha = (attempt: {
  /** What the client sent as `captcha`, 2048 characters at most. */
  readonly token: string | undefined
  /** `undefined`: the request names none, and there are several. */
  readonly app_id: string | undefined
  /** The client's address. `undefined`: not known, see `trustedProxies`. */
  readonly address: string | undefined
}) => Promise<boolean> | boolean

/** What happened, told after the fact. Holds no secret, token, phone or code. */
export type AuthEvent =
  | {
      readonly kind: 'signed_in'
      readonly user_id: string
      readonly session_id: string
      readonly app_id: string
      readonly by: ProofKind
      /** How the identity was resolved. */
      readonly decision: 'exists' | 'link' | 'create' | 'conflict'
    }
  | {
      readonly kind: 'session_ended'
      readonly user_id: string
      readonly session_id: string
      readonly reason: EndReason
    }
  | { readonly kind: 'user_status_changed'; readonly user_id: string; readonly status: UserStatus }

export type Emit = (event: AuthEvent) => void
