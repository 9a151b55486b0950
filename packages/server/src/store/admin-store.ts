import type { Recorded, StoredEvent, StoredUser } from './store.ts'

/** What the operator's console asks of a {@link Store}: its administrators, and wide looks. */
export type AdminStore = {
  /** @param write.invite.digest SHA-256 of the link's token. */
  addAdminInvite(write: { invite: StoredAdminInvite } & Recorded): Promise<void>
  /** One that has not run out. */
  findAdminInvite(query: { digest: string; now_ms: number }): Promise<StoredAdminInvite | undefined>
  /**
   * Uses an invite up, and makes its administrator with a session, in one act. Of callers who race
   * on one invite, one makes somebody. `name_taken` leaves the invite as it is.
   */
  makeAdmin(
    write: {
      digest: string
      now_ms: number
      /** The role is the invite's. */
      admin: Omit<StoredAdmin, 'role' | 'ended_at'>
      /** SHA-256 of each. */
      recovery: readonly string[]
      session: StoredAdminSession
    } & Recorded,
  ): Promise<'made' | 'invite_invalid' | 'name_taken'>
  /** By name, whatever the case; only one who has not ended. */
  findAdminByName(name: string): Promise<StoredAdmin | undefined>
  findAdmin(id: number): Promise<StoredAdmin | undefined>
  /** Those that have ended too; newest first. */
  listAdmins(): Promise<readonly StoredAdmin[]>
  /** `last_owner`: nobody would be owner any more, so nothing was done. */
  setAdminRole(
    write: { id: number; role: StoredAdmin['role'] } & Recorded,
  ): Promise<'changed' | 'last_owner' | 'not_found'>
  /** With their sessions; the name is free again. */
  endAdmin(
    write: { id: number; now_ms: number } & Recorded,
  ): Promise<'ended' | 'last_owner' | 'not_found'>

  /**
   * Uses the second factor up, and opens a session, in one act: a step of the authenticator later
   * than the last one that was used, or a recovery code. `used`: it was used before, or never was
   * one, or the administrator has ended.
   */
  openAdminSession(
    write: { session: StoredAdminSession; factor: AdminFactor } & Recorded,
  ): Promise<'opened' | 'used'>
  /** With the administrator, who has not ended. */
  findAdminSession(
    id: number,
  ): Promise<{ session: StoredAdminSession; admin: StoredAdmin } | undefined>
  touchAdminSession(write: { id: number; seen_at: number }): Promise<void>
  /** @returns Whether this call ended it. */
  endAdminSession(write: { id: number } & Recorded): Promise<boolean>
  /** Removes invites and sessions that ran out before `before`. */
  pruneAdmins(before: number): Promise<void>

  /** Those whose nickname begins so, in its order; without one, newest first from below `before`. */
  listUsers(query: {
    nickname?: string
    before?: number
    limit: number
  }): Promise<readonly StoredUser[]>
  /** Sessions that are neither ended nor run out; counts to `most` and no further. */
  countLiveSessions(query: { now_ms: number; most: number }): Promise<number>
  /** What happened before the event `before`, newest first; of one user, where one is named. */
  listLatestEvents(query: {
    user_id?: number
    before?: number
    limit: number
  }): Promise<readonly StoredEvent[]>
}

export type StoredAdmin = {
  id: number
  name: string
  role: 'viewer' | 'operator' | 'owner'
  /** The PHC text of the password's hash. */
  password: string
  /** The authenticator's secret, sealed for this row. */
  totp: Uint8Array
  /** The last step of the authenticator that was used (RFC 6238 section 5.2). */
  totp_step: number
  created_at: number
  ended_at: number | null
}

export type StoredAdminInvite = {
  digest: string
  role: StoredAdmin['role']
  expires_at: number
}

export type StoredAdminSession = {
  id: number
  admin_id: number
  seen_at: number
  expires_at: number
}

export type AdminFactor = { totp_step: number } | { recovery: string }
