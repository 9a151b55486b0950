import type { AdminRole, ErrorCode, Localized, ServiceScope } from '@kaimen/protocol'
import type { EndReason } from './store/store.ts'

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

export type ProofKind = 'wechat' | 'phone_button' | 'otp' | 'password' | 'cloud' | 'web' | 'scan'

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

/** Whose doing something was. */
export type Actor = 'user' | 'wechat' | 'operator'

/**
 * What happened, told after the fact and kept as the audit log. Holds no secret, token, openid or
 * code; a phone is masked.
 */
export type AuthEvent = Act & {
  /** The administrator who did it, at the console. */
  readonly admin_id?: string
}

type Act =
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
      readonly kind: 'sign_in_failed'
      /** Whose sign-in it would have been, where that is known. */
      readonly user_id?: string
      /** Whose app it was, where that is known. */
      readonly app_id?: string
      readonly by: ProofKind
      readonly code: ErrorCode
      /** What WeChat answered. */
      readonly errcode?: number
    }
  | {
      readonly kind: 'session_ended'
      readonly user_id: string
      readonly session_id: string
      readonly reason: EndReason
    }
  | {
      readonly kind: 'other_sessions_ended'
      readonly user_id: string
      /** The one that was kept. */
      readonly session_id: string
    }
  | {
      readonly kind: 'otp_sent'
      /** Who asked, for changing their number; without it the code is for signing in. */
      readonly user_id?: string
      readonly app_id?: string | undefined
      /** As in `+86 138****8000`. */
      readonly phone: string
    }
  | { readonly kind: 'phone_changed'; readonly user_id: string; readonly phone: string }
  | { readonly kind: 'password_changed'; readonly user_id: string; readonly first: boolean }
  | {
      readonly kind: 'profile_changed'
      readonly user_id: string
      readonly changed: readonly ('nickname' | 'avatar')[]
    }
  | {
      readonly kind: 'identity_linked' | 'identity_unlinked'
      readonly user_id: string
      readonly app_id: string
    }
  | {
      readonly kind: 'user_status_changed'
      readonly user_id: string
      readonly status: 'active' | 'disabled'
    }
  | {
      readonly kind: 'user_deleted'
      readonly user_id: string
      readonly by: Actor
      /** RFC 3339. Until then it can be taken back. */
      readonly gone_at: string
    }
  | { readonly kind: 'user_restored'; readonly user_id: string; readonly by: Actor }
  | { readonly kind: 'user_erased'; readonly user_id: string }
  | {
      readonly kind: 'data_withdrawn'
      readonly user_id: string
      readonly app_id: string
      /** What WeChat's push named, of what is kept here. */
      readonly withdrawn: readonly ('nickname' | 'avatar' | 'phone')[]
    }
  | { readonly kind: 'data_exported'; readonly user_id: string }
  | {
      /** A unionid arrived whose holder is another user than the openid's. (R9) */
      readonly kind: 'conflict_found' | 'conflict_dismissed'
      readonly conflict_id: string
      readonly user_id: string
      readonly holder_id: string
    }
  | {
      /** Of a user, of an app, or of everybody. */
      readonly kind: 'all_sessions_ended'
      readonly user_id?: string
      readonly app_id?: string
    }
  | {
      readonly kind: 'credential_created'
      readonly credential_id: string
      readonly name: string
      readonly scopes: readonly ServiceScope[]
    }
  | { readonly kind: 'credential_rotated'; readonly credential_id: string }
  | {
      readonly kind: 'credential_ended'
      readonly credential_id: string
      /** Or only the secret that was rotated out. */
      readonly which: 'whole' | 'previous'
    }
  | {
      /** A back end, or an administrator, was given a whole phone number. */
      readonly kind: 'phone_revealed'
      readonly user_id: string
      readonly credential_id?: string
    }
  | {
      readonly kind: 'users_merged' | 'merge_undone'
      readonly merge_id: string
      /** Who stays. */
      readonly user_id: string
      readonly from_id: string
    }
  | {
      /** Another key signs access tokens. */
      readonly kind: 'signing_key_rotated'
      readonly kid: string
      readonly previous_kid: string
      readonly by: 'schedule' | 'operator'
    }
  | {
      /** A key's overlap is over: it is published no more. */
      readonly kind: 'signing_key_retired'
      readonly kid: string
    }
  | {
      /** A fresh key signs; the others are gone at once. */
      readonly kind: 'signing_keys_revoked'
      readonly kid: string
      readonly revoked: readonly string[]
    }
  | { readonly kind: 'admin_invited'; readonly role: AdminRole }
  | {
      readonly kind: 'admin_set_up'
      readonly admin_id: string
      readonly name: string
      readonly role: AdminRole
    }
  | {
      readonly kind: 'admin_signed_in'
      readonly admin_id: string
      readonly by: 'authenticator' | 'recovery_code'
    }
  | {
      /** Whose sign-in it would have been is `admin_id`, where that is known. */
      readonly kind: 'admin_sign_in_failed'
      readonly step: 'password' | 'second_factor'
      readonly code: ErrorCode
    }
  | { readonly kind: 'admin_signed_out'; readonly admin_id: string }
  | {
      readonly kind: 'admin_role_changed'
      /** Whose role; `admin_id` is who changed it. */
      readonly of: string
      readonly role: AdminRole
    }
  | { readonly kind: 'admin_ended'; readonly of: string }
  | { readonly kind: 'events_exported' }

export type Emit = (event: AuthEvent) => void

/** Where a back end of its own, in any language, is told and asked. */
export type WebhookOptions = {
  /**
   * Takes the POSTs: `https:`, or `http:` on this machine or a network that is the operator's
   * alone, since openids are in them. No redirect is followed.
   */
  url: string
  /** `KAIMEN_WEBHOOK_SECRET`: at least 32 characters, or several as `2:new,1:old`, which all sign. */
  secret: string
  /** Delivers the audit log, at least once and in order. Default true. */
  events?: boolean | undefined
  /** Asks before a sign-in counts; without an answer nobody signs in. Default false. */
  admit?: boolean | undefined
  /** Asks at every sign-in and refresh; without an answer there is neither. Default false. */
  claims?: boolean | undefined
  /** Longest time for an answer to `admit` or `claims`, in milliseconds, 100 to 4000. Default 3000. */
  timeoutMs?: number | undefined
  /** Default: the platform's. */
  fetch?: typeof globalThis.fetch | undefined
}
