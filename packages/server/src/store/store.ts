import type { AdminStore } from './admin-store.ts'

/**
 * What is kept for good: users, identities, sessions, signing keys, events. Losing it loses
 * accounts.
 *
 * The contract, held by the suite in `@kaimen/server/store/suite`:
 *
 * - Each verb is atomic and durable: when its promise fulfils, the act survives a crash.
 * - Uniqueness is decided by an index. Of two callers who race, one gets the other's outcome as a
 *   literal; nobody gets an exception.
 * - Ids are whole numbers of {@link Store.newId}, growing with time. Two nodes may give the same one:
 *   a user or session whose id is taken is `taken`, an event is given another.
 * - A verb that cannot be done just now (the connection is lost, too many wait, no answer in time)
 *   throws a `KaimenError` `unavailable` within seconds, and works again by itself when it can be.
 *   A write that fails so may have been done: whether it was is for whoever asks again to see.
 * - Instants are milliseconds since the Unix epoch, and are the caller's: a store has no clock in its
 *   queries.
 */
export type Store = AdminStore & {
  /** Brings the tables to this version. Safe to repeat, and to call from several processes at once. */
  migrate(): Promise<{ applied: readonly string[] }>
  /** Fails when the store cannot be read. */
  ping(): Promise<void>
  close(): Promise<void>
  /** A number for a new row: whole, safe, and greater than those that this store gave before. */
  newId(): number
  /**
   * How old an event has to be, by its `at`, before a reader of the log may walk past it: from then
   * on none comes to be written with a lower number. At most 2000 where one transaction writes at a
   * time, as in memory and on SQLite.
   */
  readonly settleMs: number

  /** Who holds what a proof names. */
  findUsers(proof: ProofKey): Promise<FoundUsers>
  /** One transaction: make or touch user, identity and phone, open a session, record the events. */
  signIn(write: SignInWrite): Promise<SignInOutcome>

  findUser(id: number): Promise<StoredUser | undefined>
  /**
   * What a user shows of themselves; what is left out stays. A picture that is replaced becomes a
   * loose blob, the one that takes its place is none any more.
   *
   * @returns The user as it is now; `undefined` for one who is not active.
   */
  changeProfile(
    write: {
      user_id: number
      nickname?: string | null
      avatar?: string | null
      now_ms: number
    } & Recorded,
  ): Promise<StoredUser | undefined>
  /**
   * Between `active` and `disabled`; leaving `active` ends every session of the user in the same
   * act.
   */
  setUserStatus(
    write: { id: number; status: 'active' | 'disabled'; now_ms: number } & Recorded,
  ): Promise<'changed' | 'not_found'>

  /** Into whom a merged user was merged. */
  findMergedInto(from_id: number): Promise<number | undefined>

  /** The WeChat identities of a user, oldest first. */
  listIdentities(user_id: number): Promise<readonly StoredIdentity[]>
  /** The unionids by which a user is found. */
  listUnionids(user_id: number): Promise<readonly StoredUnionid[]>
  /** The sealed `session_key` of an identity. */
  findSessionKey(key: { app_id: string; openid: string }): Promise<Uint8Array | undefined>
  /** Puts a newer `session_key` in place. @returns Whether the identity is this user's. */
  keepSessionKey(write: {
    user_id: number
    app_id: string
    openid: string
    session_key: Uint8Array
    now_ms: number
  }): Promise<boolean>
  /**
   * Makes an openid, and the unionid that came with it, this user's. `taken`: one of them is
   * another's, or the user has another openid in this app.
   */
  linkIdentity(
    write: {
      user_id: number
      now_ms: number
      wechat: WechatKey & { session_key: Uint8Array }
    } & Recorded,
  ): Promise<'linked' | 'taken' | 'user_not_active'>
  /**
   * Takes an identity from its user, with the unionid that last came with it and with no other of
   * theirs, and ends the user's sessions in that app, in one act. `last_way_in`: nothing else would
   * let the user in, so nothing is done.
   */
  unlinkIdentity(
    write: { user_id: number; app_id: string; now_ms: number } & Recorded,
  ): Promise<'unlinked' | 'last_way_in' | 'not_found'>

  /**
   * Gives the user a number that they have proven, in place of the one they had. Whoever claimed it
   * without proof loses it. `taken`: somebody else has proven it.
   */
  changePhone(
    write: { user_id: number; phone: StoredPhone } & Recorded,
  ): Promise<'changed' | 'taken' | 'user_not_active'>
  /** The number that a user claims and has not proven. */
  findUnverifiedPhone(user_id: number): Promise<SealedPhone | undefined>
  /** The PHC text of the user's password hash. */
  findPassword(user_id: number): Promise<string | undefined>
  /**
   * Only in place of the hash that was read, or of none: a change that came between is not undone.
   * `not_set` for a user who is not active as well.
   */
  setPassword(
    write: { user_id: number; password: string; replaces: string | null } & Recorded,
  ): Promise<'set' | 'not_set'>
  /**
   * Takes back what WeChat's user no longer allows: name, picture, phone with its password; also
   * from those who were merged into the user, so that no undoing brings it back.
   */
  withdrawData(
    write: {
      user_id: number
      nickname: boolean
      avatar: boolean
      phone: boolean
      now_ms: number
    } & Recorded,
  ): Promise<void>

  /** Before a blob is written: from `at` on it counts as one that no user has. */
  addLooseBlob(blob: { name: string; at: number }): Promise<void>
  /** Blobs that no user has any more, or that none came to have. */
  listLooseBlobs(query: { now_ms: number; limit: number }): Promise<readonly string[]>
  /** After a blob was removed. */
  removeLooseBlob(name: string): Promise<void>

  findPreferences(user_id: number): Promise<StoredPreferences | undefined>
  /**
   * Only in place of the version that was read; 0 where there is none. `changed` for a user who is
   * not active as well.
   */
  setPreferences(write: {
    user_id: number
    /** JSON. */
    document: string
    replaces: number
    now_ms: number
  }): Promise<'set' | 'changed'>

  /**
   * Ends the user's sessions and refuses them from now on; they are gone at `gone_at`. Of one who
   * is deleted already it may only come sooner.
   */
  deleteUser(
    write: { id: number; now_ms: number; gone_at: number } & Recorded,
  ): Promise<'deleted' | 'not_found'>
  /** Takes a deletion back, as long as they are not gone: who was disabled before is so again. */
  restoreUser(write: { id: number; now_ms: number } & Recorded): Promise<'restored' | 'not_found'>
  /** Users whose time has come, at most `limit`. */
  listGoneUsers(query: { now_ms: number; limit: number }): Promise<readonly StoredUser[]>
  /**
   * Removes a deleted or merged user whose time has come, those who were merged into them, and
   * every row that leads to any. What stays are events, which name them by a number that leads
   * nowhere.
   */
  eraseUser(write: { id: number; now_ms: number } & Recorded): Promise<boolean>

  /** Pairs of users who may be one person, oldest first. (R9) */
  listConflicts(query: { after?: number; limit: number }): Promise<readonly StoredConflict[]>
  /** Whether a pair is on the list, or was taken off it. */
  hasConflict(pair: { user_id: number; holder_id: number }): Promise<boolean>
  /** Takes a pair off the list for good, without merging. */
  dismissConflict(write: { id: number; now_ms: number } & Recorded): Promise<boolean>
  /**
   * Makes two users one: identities, unionids, and what `into` has not itself, go there; a number
   * that was never proven does not, and one of two that were is let go. The sessions of `from` end,
   * and nobody signs in to it any more. (R12)
   *
   * `same_app`: both have an identity in one app, so they cannot be one. `not_found`: one of them
   * is not active.
   */
  mergeUsers(
    write: {
      id: number
      from_id: number
      into_id: number
      now_ms: number
      /** Until when it can be undone; then `from` is gone. */
      gone_at: number
    } & Recorded,
  ): Promise<'merged' | 'same_app' | 'not_found'>
  listMerges(query: { after?: number; limit: number }): Promise<readonly StoredMerge[]>
  /**
   * Gives back what a merge took, where it still is, and the number that `from` had, where it is
   * nobody's by now; ends the sessions of both. `not_found`: its time is over, it was undone, or
   * one of the two is no longer there as it was.
   */
  undoMerge(write: { id: number; now_ms: number } & Recorded): Promise<'undone' | 'not_found'>

  /**
   * A session with its user, also when it has ended. One that a cutoff ended says so, whether or
   * not its row was reached yet; as every verb about sessions does that says "ended".
   */
  findSession(id: number): Promise<{ session: StoredSession; user: StoredUser } | undefined>
  /** Sessions of a user that are neither ended nor run out, newest first. */
  listSessions(query: { user_id: number; now_ms: number }): Promise<readonly StoredSession[]>
  /** All sessions of a user that are still kept, newest first, with why they ended. */
  listPastSessions(
    user_id: number,
  ): Promise<readonly (StoredSession & { end_reason: EndReason | null })[]>
  /**
   * One guarded update: from exactly this generation to the next, and only while the session is
   * neither ended nor run out and its user is active. A revoked session can not come back to life.
   * [SE-8]
   *
   * @param write.idle_expires_at Never later than the session's own end.
   * @returns The session as this call left it.
   */
  rotateSession(write: {
    id: number
    generation: number
    now_ms: number
    idle_expires_at: number
    /** Only a session of this app. */
    app_id?: string | undefined
  }): Promise<StoredSession | 'not_rotated'>
  /** @returns Whether this call ended it: `false` when it had ended, or is not this user's. */
  endSession(
    write: { id: number; user_id?: number; now_ms: number; reason: EndReason } & Recorded,
  ): Promise<boolean>
  /** Ends the user's live sessions but one. @returns How many. */
  endOtherSessions(
    write: { user_id: number; keep_id: number; now_ms: number; reason: EndReason } & Recorded,
  ): Promise<number>

  /**
   * Writes down what changed nothing else. However an event comes to be written: where one
   * transaction writes at a time, its number becomes greater than that of every event that could be
   * read before. Where several do, it is given another number, and a later `at`, when its own is
   * too old or somebody else's, and a transaction that takes too long begins anew, so that it can
   * be read within half of {@link Store.settleMs}; the other half is for clocks that differ. Who
   * walks the log by number and leaves out what is younger than that passes none over.
   */
  addEvent(event: StoredEvent): Promise<void>
  /** What happened, oldest first; of one user, where one is named. */
  listEvents(query: {
    user_id?: number
    after?: number
    limit: number
  }): Promise<readonly StoredEvent[]>
  /**
   * Looks at `limit` sessions with ids above `after`, and removes those that ended or ran out
   * before `before`. @returns Where to go on; `undefined` at the end.
   */
  pruneSessions(walk: { after: number; before: number; limit: number }): Promise<number | undefined>
  /** Looks at the `limit` oldest events, and removes those from before `before`. @returns How many. */
  pruneEvents(write: { before: number; limit: number }): Promise<number>
  /** How far a reader of the log has come, as {@link Store.moveCursor} put it; survives a crash. */
  readCursor(name: string): Promise<number | undefined>
  /**
   * One guarded update: to `to` from exactly `from`; from `undefined` only where there is none yet.
   *
   * @returns Whether this call moved it.
   */
  moveCursor(write: { name: string; from: number | undefined; to: number }): Promise<boolean>

  listSigningKeys(): Promise<readonly StoredSigningKey[]>
  /** Of two nodes that start at once, one adds; the other is told that the slot is taken. */
  addSigningKey(key: StoredSigningKey): Promise<'added' | 'slot_taken'>
  /**
   * One guarded change: `replaces` goes from `current` to `previous` and loses its private part,
   * `kid` from `next` to `current`. `not_promoted`: a slot holds another key by now, or there is a
   * `previous` one still; nothing was done.
   */
  promoteSigningKey(
    write: { kid: string; replaces: string; now_ms: number } & Recorded,
  ): Promise<'promoted' | 'not_promoted'>
  /** Removes a key that is in `previous`. @returns Whether this call did. */
  retireSigningKey(write: { kid: string } & Recorded): Promise<boolean>
  /**
   * Removes every key, and adds one in `current`. `not_replaced`: `replaces` is not the current one
   * by now; nothing was done.
   */
  replaceSigningKeys(
    write: { replaces: string; key: StoredSigningKey } & Recorded,
  ): Promise<'replaced' | 'not_replaced'>
  /** Replaces the sealed key of one that signs or will, sealed anew under a newer secret. */
  resealSigningKey(key: { kid: string; sealed: Uint8Array }): Promise<void>

  addCredential(write: { credential: StoredCredential } & Recorded): Promise<void>
  findCredential(id: number): Promise<StoredCredential | undefined>
  /** Those that have ended too; newest first. */
  listCredentials(): Promise<readonly StoredCredential[]>
  /**
   * Only in place of the secret that was read, of a credential that has not ended. What it replaces
   * is the previous one from now on.
   */
  rotateCredential(
    write: {
      id: number
      secret_hash: string
      replaces: string
      /** Until when the one that is replaced still counts. */
      previous_ends_at: number
    } & Recorded,
  ): Promise<'rotated' | 'not_rotated'>
  /** @returns Whether this call ended it. */
  endCredential(write: { id: number; now_ms: number } & Recorded): Promise<boolean>
  /** @returns Whether there was a previous secret, which no longer counts. */
  endPreviousSecret(write: { id: number } & Recorded): Promise<boolean>
  /** That it was used at `at` or later. */
  noteCredentialUse(write: { id: number; at: number }): Promise<void>

  /**
   * Sessions that ended at `since`, with ids above `after_id`, or later; in the order of their end,
   * then of their ids. Those that only a cutoff ended are not among them.
   */
  listEndedSessions(query: {
    since: number
    after_id: number
    limit: number
  }): Promise<readonly EndedSession[]>
  /**
   * Ends the sessions of an app that began before `at`, or of every app, however many they are. Of
   * several cutoffs of one app the latest counts.
   */
  addCutoff(write: Cutoff & Recorded): Promise<void>
  listCutoffs(): Promise<readonly Cutoff[]>
  /**
   * Looks at `limit` sessions with ids above `after`, and ends the rows of those that the cutoff
   * ended. @returns Where to go on; `undefined` at the end.
   */
  endCutSessions(walk: { after: number; limit: number } & Cutoff): Promise<number | undefined>
}

export type EndedSession = { id: number; ended_at: number }

/** Sessions that began before it have ended. */
export type Cutoff = {
  /** `null`: of every app. */
  app_id: string | null
  at: number
}

/** What lets a back end in. */
export type StoredCredential = {
  id: number
  name: string
  /** Separated by spaces, as in OAuth. */
  scopes: string
  /** SHA-256 of the secret, base64url. */
  secret_hash: string
  /** Of the secret before it, and until when that counts; both are null or neither. */
  previous_hash: string | null
  previous_ends_at: number | null
  created_at: number
  /** `null`: it does not expire. */
  expires_at: number | null
  ended_at: number | null
  /** To the hour. */
  last_used_at: number | null
}

/** What is written down of an act, in the same transaction, if it is done. */
export type Recorded = { readonly event?: StoredEvent }

export type StoredEvent = {
  readonly id: number
  readonly at: number
  readonly kind: string
  readonly user_id: number | null
  readonly session_id: number | null
  readonly app_id: string | null
  /** JSON, or null; holds no secret, token or code, and phones only masked. */
  readonly detail: string | null
}

/** `merged`: all that led to them leads to another user. */
export type UserStatus = 'active' | 'disabled' | 'deleted' | 'merged'

export type EndReason =
  | 'signed_out'
  | 'removed'
  | 'reused'
  | 'unlinked'
  | 'user_disabled'
  | 'user_deleted'
  | 'user_merged'
  | 'ended_by_operator'
  | 'too_many'

export type StoredUser = {
  id: number
  status: UserStatus
  nickname: string | null
  /** Name of the picture's blob. */
  avatar: string | null
  /** Sealed for the place of `phone_index`; both are null or neither. */
  phone: Uint8Array | null
  phone_index: string | null
  created_at: number
  /** Of a deleted or merged one: when it is gone. */
  gone_at: number | null
}

export type StoredIdentity = {
  app_id: string
  openid: string
  /** The unionid that last came with it. */
  unionid: string | null
  created_at: number
}

export type StoredUnionid = { open_platform: string; unionid: string }

export type StoredPreferences = { document: string; version: number }

export type StoredConflict = {
  id: number
  /** Whom the sign-in was: the openid's user. */
  user_id: number
  /** Who has its unionid. */
  holder_id: number
  app_id: string
  created_at: number
}

export type StoredMerge = {
  id: number
  from_id: number
  into_id: number
  created_at: number
  undone_at: number | null
}

/** A phone number as it is kept. */
export type StoredPhone = {
  /** One keyed blind index for each version of the secret: no two users share any. */
  readonly indexes: readonly string[]
  /** That of the current version, to whose place `sealed` is bound. */
  readonly index: string
  readonly sealed: Uint8Array
}

/** One that was read. */
export type SealedPhone = { phone: Uint8Array; phone_index: string }

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
  /** Blind indexes of a number that somebody may claim without having proven it. */
  readonly unverified_phone?: readonly string[]
}

export type FoundUsers = {
  readonly byOpenid?: StoredUser
  readonly byUnionid?: StoredUser
  /** Whether the unionid's user has another openid in this app; only looked at for a new openid. */
  readonly isUnionidUserInApp?: boolean
  readonly byPhone?: { readonly user: StoredUser; readonly hasIdentityInApp: boolean }
  /** Who claims the number. Links nothing: it lets them sign in to what they made with it. (R7) */
  readonly byUnverifiedPhone?: StoredUser
  /** Who approved it from another session; found by their id, and by nothing else. */
  readonly byApproval?: StoredUser
  /** Which of the three the proof named. */
  readonly proves: { readonly openid: boolean; readonly unionid: boolean; readonly phone: boolean }
}

export type SignInWrite = {
  now_ms: number
  app_id: string
  user_id: number
  /**
   * `make` a user with this id, `restore` one who was active and deleted themselves, or take one
   * who is there.
   */
  user: 'make' | 'restore' | 'known'
  wechat:
    | (WechatKey & {
        /** Whether the identity is there already, of this user. A user has one in each app. */
        identity: 'known' | 'new'
        /** Whether `unionid` is to become this user's. */
        claim_unionid: boolean
        /** Sealed for the place of this identity; `null` leaves the one that is there, if any. */
        session_key: Uint8Array | null
      })
    | null
  /** A proven number that is to become this user's, who has none. */
  phone: StoredPhone | null
  /** What a user is made with who has proven no number. (R7) */
  unverified?: { phone: StoredPhone; password: string }
  /** Who holds the unionid of this identity, and waits for a merge with its user. (R9) */
  conflict?: { id: number; holder_id: number }
  session: {
    id: number
    /** JSON, or null. */
    device: string | null
    idle_expires_at: number
    expires_at: number
  }
  events: readonly StoredEvent[]
}

/**
 * - `taken`: somebody was faster: the openid, unionid, phone or id has an owner by now, or the user
 *   another identity in this app, or the conflict's unionid another holder or none; or the user was
 *   merged or erased. Nothing was written; read and resolve again.
 * - `user_not_active`: nothing was written.
 */
export type SignInOutcome = 'signed_in' | 'taken' | 'user_not_active'

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
  /** When it came into its slot. */
  slot_since: number
  /** The private JWK, sealed; empty once the key signs no more. */
  sealed: Uint8Array
  /** The public JWK, JSON. */
  public_jwk: string
  created_at: number
}
