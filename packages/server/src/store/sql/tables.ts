import type { Generated } from 'kysely'
import type { StoredAdmin, StoredAdminInvite, StoredAdminSession } from '../admin-store.ts'
import type { EndReason, StoredCredential, StoredSigningKey, UserStatus } from '../store.ts'

/** The tables, as the newest migration leaves them. Instants are milliseconds since the Unix epoch. */
export type Tables = {
  users: {
    id: number
    status: UserStatus
    nickname: string | null
    avatar: string | null
    /** Sealed for the place of `phone_index`. */
    phone: Uint8Array | null
    phone_index: string | null
    /** A PHC text. */
    password: string | null
    created_at: number
    /** Claimed, not proven. Sealed for the place of `unverified_phone_index`. */
    unverified_phone: Uint8Array | null
    unverified_phone_index: string | null
    /** Of a deleted or merged one. */
    gone_at: number | null
    /** Of a deleted one: what it is again when that is taken back. */
    status_before: UserStatus | null
    /** On MySQL alone: counts who held the row. */
    held: Generated<number>
  }
  /** Its key never changes; it is the only way from an openid to a user. */
  identities: {
    app_id: string
    openid: string
    user_id: number
    /** Sealed for this row. */
    session_key: Uint8Array
    created_at: number
    /** When `session_key` was received. */
    session_key_at: number
    /** The unionid that last came with this openid; both are null or neither. */
    open_platform: string | null
    unionid: string | null
  }
  /** Every blind index of every phone; the only way from a number to a user. */
  phone_indexes: {
    phone_index: string
    user_id: number
  }
  /** The same of numbers that were claimed without proof. */
  unverified_phone_indexes: {
    phone_index: string
    user_id: number
  }
  /** A unionid is unique within one Open Platform account, and may arrive late. */
  unionids: {
    open_platform: string
    unionid: string
    user_id: number
  }
  sessions: {
    id: number
    user_id: number
    app_id: string
    generation: number
    created_at: number
    rotated_at: number
    idle_expires_at: number
    expires_at: number
    ended_at: number | null
    end_reason: EndReason | null
    device: string | null
  }
  events: {
    id: number
    at: number
    kind: string
    user_id: number | null
    session_id: number | null
    app_id: string | null
    /** JSON; holds no secret, token, phone or code. */
    detail: string | null
  }
  /** How far each reader of the events has come. */
  cursors: {
    name: string
    position: number
  }
  preferences: {
    user_id: number
    /** JSON. */
    document: string
    version: number
    updated_at: number
  }
  /** Pictures in the blob store that no user has, or not yet. */
  loose_blobs: {
    name: string
    /** From when on it may be removed. */
    at: number
  }
  /** Pairs of users who may be one person. */
  conflicts: {
    id: number
    user_id: number
    holder_id: number
    app_id: string
    created_at: number
    /** Somebody looked at them: they are two. */
    dismissed_at: number | null
  }
  merges: {
    id: number
    from_id: number
    into_id: number
    created_at: number
    undone_at: number | null
    /** JSON: what was taken, for giving it back; empty once it was. */
    taken: string
  }
  signing_keys: {
    kid: string
    slot: StoredSigningKey['slot']
    slot_since: number
    sealed: Uint8Array
    public_jwk: string
    created_at: number
  }
  service_credentials: StoredCredential
  /** Sessions of an app, or of every app, that began before it have ended. */
  cutoffs: {
    /** `*`: every app. */
    app_id: string
    at: number
  }
  admins: Omit<StoredAdmin, 'ended_at'> & {
    ended_at: Generated<number | null>
    /** The name in lower case; `null` once they have ended, so that another can have it. */
    name_key: string | null
    /** Counts who held the owners. */
    held: Generated<number>
  }
  admin_invites: StoredAdminInvite
  /** Those that were not used yet. */
  admin_recovery_codes: {
    admin_id: number
    digest: string
  }
  admin_sessions: StoredAdminSession
  ephemeral: {
    key: string
    value: string
    expires_at: number
  }
}
