/**
 * What is kept for good: users, identities, sessions, signing keys, events. Losing it loses
 * accounts.
 *
 * The contract, held by the suite in `@kaimen/server/store/suite`:
 *
 * - Each verb is atomic and durable: when its promise fulfils, the act survives a crash.
 * - Uniqueness is decided by an index. Of two callers who race, one gets the other's outcome as a
 *   literal; nobody gets an exception.
 * - Ids are whole numbers that the store gives, growing with time.
 * - Instants are milliseconds since the Unix epoch, and are the caller's: a store has no clock in its
 *   queries.
 */
export type Store = {
  /** Brings the tables to this version. Safe to repeat, and to call from several processes at once. */
  migrate(): Promise<{ applied: readonly string[] }>
  /** Fails when the store cannot be read. */
  ping(): Promise<void>
  close(): Promise<void>

  /** Who holds what a proof names. */
  findUsers(proof: ProofKey): Promise<FoundUsers>
  /** One transaction: make or touch user, identity and phone, open a session, record the event. */
  signIn(write: SignInWrite): Promise<SignInOutcome>
  /** The sealed `session_key` of an identity. */
  findSessionKey(key: { app_id: string; openid: string }): Promise<Uint8Array | undefined>

  findUser(id: number): Promise<StoredUser | undefined>
  /** The WeChat identities of a user, oldest first. */
  listIdentities(user_id: number): Promise<readonly StoredIdentity[]>
  /** Makes an openid this user's. `taken`: it is another's, or the user has another in this app. */
  linkIdentity(write: {
    user_id: number
    now_ms: number
    wechat: WechatKey & { session_key: Uint8Array }
  }): Promise<'linked' | 'taken'>
  /**
   * Takes an identity from its user and ends the user's sessions in that app, in one act.
   * `last_way_in`: nothing else would let the user in, so nothing is done.
   */
  unlinkIdentity(write: {
    user_id: number
    app_id: string
    now_ms: number
  }): Promise<'unlinked' | 'last_way_in' | 'not_found'>
  /** Gives the user another number in place of the one it had. */
  changePhone(write: { user_id: number; phone: StoredPhone }): Promise<'changed' | 'taken'>
  /** The PHC text of the user's password hash. */
  findPassword(user_id: number): Promise<string | undefined>
  /** Only in place of the hash that was read, or of none: a change that came between is not undone. */
  setPassword(write: {
    user_id: number
    password: string
    replaces: string | null
  }): Promise<'set' | 'not_set'>
  /** Leaving `active` ends every session of the user in the same act. */
  setUserStatus(write: {
    id: number
    status: UserStatus
    now_ms: number
  }): Promise<{ outcome: 'changed'; ended: number } | { outcome: 'not_found' }>

  /** A session with its user, also when it has ended. */
  findSession(id: number): Promise<{ session: StoredSession; user: StoredUser } | undefined>
  /** Sessions of a user that are neither ended nor run out, newest first. */
  listSessions(query: { user_id: number; now_ms: number }): Promise<readonly StoredSession[]>
  /**
   * One guarded update: from exactly this generation to the next, and only while the session is
   * neither ended nor run out and its user is active. A revoked session can not come back to life.
   * [SE-8]
   */
  rotateSession(write: {
    id: number
    generation: number
    now_ms: number
    idle_expires_at: number
  }): Promise<'rotated' | 'not_rotated'>
  /** @returns Whether this call ended it: `false` when it had ended, or is not this user's. */
  endSession(write: {
    id: number
    user_id?: number
    now_ms: number
    reason: EndReason
  }): Promise<boolean>
  /** Ends the user's live sessions but one. @returns How many. */
  endOtherSessions(write: {
    user_id: number
    keep_id: number
    now_ms: number
    reason: EndReason
  }): Promise<number>

  listSigningKeys(): Promise<readonly StoredSigningKey[]>
  /** Of two nodes that start at once, one adds; the other is told that the slot is taken. */
  addSigningKey(key: StoredSigningKey): Promise<'added' | 'slot_taken'>
  /** Replaces the sealed key, when it has been sealed anew under a newer secret. */
  resealSigningKey(key: { kid: string; sealed: Uint8Array }): Promise<void>
}

export type UserStatus = 'active' | 'disabled' | 'deleted'

export type EndReason =
  'signed_out' | 'removed' | 'reused' | 'unlinked' | 'user_disabled' | 'user_deleted'

export type StoredUser = {
  id: number
  status: UserStatus
  nickname: string | null
  avatar_url: string | null
  /** Sealed for the place of `phone_index`; both are null or neither. */
  phone: Uint8Array | null
  phone_index: string | null
  created_at: number
}

export type StoredIdentity = { app_id: string; openid: string; created_at: number }

/** A phone number as it is kept. */
export type StoredPhone = {
  /** One keyed blind index for each version of the secret: no two users share any. */
  readonly indexes: readonly string[]
  /** That of the current version, to whose place `sealed` is bound. */
  readonly index: string
  readonly sealed: Uint8Array
}

export type WechatKey = {
  app_id: string
  openid: string
  /** The Open Platform account that `unionid` is unique in; both are null or neither. */
  open_platform: string | null
  unionid: string | null
}

/** What a proof names. */
export type ProofKey = {
  readonly app_id: string
  readonly wechat: WechatKey | null
  /** Blind indexes of a proven number. */
  readonly phone: readonly string[] | null
}

export type FoundUsers = {
  readonly byOpenid?: StoredUser
  readonly byUnionid?: StoredUser
  readonly byPhone?: { readonly user: StoredUser; readonly hasIdentityInApp: boolean }
  /** Which of the three the proof named. */
  readonly proves: { readonly openid: boolean; readonly unionid: boolean; readonly phone: boolean }
}

export type SignInWrite = {
  now_ms: number
  app_id: string
  /** `null` makes a user. */
  user_id: number | null
  wechat:
    | (WechatKey & {
        /** Whether the identity is there already, of this user. A user has one in each app. */
        identity: 'known' | 'new'
        /** Whether `unionid` is to become this user's. */
        claim_unionid: boolean
        /** Sealed for the place of this identity. */
        session_key: Uint8Array
      })
    | null
  /** A proven number that is to become this user's, who has none. */
  phone: StoredPhone | null
  session: {
    /** JSON, or null. */
    device: string | null
    idle_expires_at: number
    expires_at: number
  }
  event: { kind: string; detail: string | null }
}

export type SignInOutcome =
  | { outcome: 'signed_in'; user_id: number; session_id: number }
  /**
   * Somebody was faster: the openid, unionid or phone has an owner by now, or the user another
   * identity in this app. Nothing was written; read and resolve again.
   */
  | { outcome: 'taken' }
  /** The user is not active. Nothing was written. */
  | { outcome: 'user_not_active' }

export type StoredSession = {
  id: number
  user_id: number
  app_id: string
  /** How often the refresh token was exchanged. */
  generation: number
  created_at: number
  /** When the present generation began. */
  rotated_at: number
  idle_expires_at: number
  expires_at: number
  ended_at: number | null
  device: string | null
}

export type StoredSigningKey = {
  kid: string
  /** Unique among keys: a second key in a slot is refused. `null` once a key has left all slots. */
  slot: 'current' | 'next' | 'previous' | null
  /** The private JWK, sealed. */
  sealed: Uint8Array
  /** The public JWK, JSON. */
  public_jwk: string
  created_at: number
}
