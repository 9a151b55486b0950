import { sql, type Kysely } from 'kysely'
import type {
  EndReason,
  StoredSession,
  StoredSigningKey,
  StoredUser,
  UserStatus,
} from '../store.ts'
import { statement } from './statement.ts'
import type { Tables } from './tables.ts'

const userColumns = [
  'users.id',
  'users.status',
  'users.nickname',
  'users.avatar_url',
  'users.phone',
  'users.phone_index',
  'users.created_at',
] as const

/** A row of `sessionWithUser`. */
export type SessionWithUser = StoredSession &
  Omit<StoredUser, 'id' | 'created_at'> & { user_created_at: number }

const sessionColumns = [
  'sessions.id',
  'sessions.user_id',
  'sessions.app_id',
  'sessions.generation',
  'sessions.created_at',
  'sessions.rotated_at',
  'sessions.idle_expires_at',
  'sessions.expires_at',
  'sessions.ended_at',
  'sessions.device',
] as const

/** Every statement of the SQL store, one a name. */
export function sqlStatements(db: Kysely<Tables>) {
  return {
    ping: statement((_: object) => db.selectNoFrom(sql<number>`1`.as('one'))),

    userById: statement((v: { id: number }) =>
      db.selectFrom('users').select(userColumns).where('id', '=', v.id),
    ),

    userByOpenid: statement((v: { app_id: string; openid: string }) =>
      db
        .selectFrom('identities')
        .innerJoin('users', 'users.id', 'identities.user_id')
        .select(userColumns)
        .where('identities.app_id', '=', v.app_id)
        .where('identities.openid', '=', v.openid),
    ),

    userByUnionid: statement((v: { open_platform: string; unionid: string }) =>
      db
        .selectFrom('unionids')
        .innerJoin('users', 'users.id', 'unionids.user_id')
        .select(userColumns)
        .where('unionids.open_platform', '=', v.open_platform)
        .where('unionids.unionid', '=', v.unionid),
    ),

    usersByPhone: (indexes: readonly string[], app_id: string) =>
      db
        .selectFrom('phone_indexes')
        .innerJoin('users', 'users.id', 'phone_indexes.user_id')
        .leftJoin('identities', (join) =>
          join.onRef('identities.user_id', '=', 'users.id').on('identities.app_id', '=', app_id),
        )
        .select([...userColumns, 'identities.openid'])
        .where('phone_indexes.phone_index', 'in', indexes)
        .limit(1)
        .compile(),

    addPhoneIndex: statement((v: { phone_index: string; user_id: number }) =>
      db
        .insertInto('phone_indexes')
        .values({ phone_index: v.phone_index, user_id: v.user_id })
        .onConflict((conflict) => conflict.doNothing()),
    ),

    removePhoneIndexes: statement((v: { user_id: number }) =>
      db.deleteFrom('phone_indexes').where('user_id', '=', v.user_id),
    ),

    setPhone: statement((v: { user_id: number; phone: Uint8Array; phone_index: string }) =>
      db
        .updateTable('users')
        .set({ phone: v.phone, phone_index: v.phone_index })
        .where('id', '=', v.user_id),
    ),

    setFirstPhone: statement((v: { user_id: number; phone: Uint8Array; phone_index: string }) =>
      db
        .updateTable('users')
        .set({ phone: v.phone, phone_index: v.phone_index })
        .where('id', '=', v.user_id)
        .where('phone', 'is', null),
    ),

    password: statement((v: { user_id: number }) =>
      db.selectFrom('users').select('password').where('id', '=', v.user_id),
    ),

    setFirstPassword: statement((v: { user_id: number; password: string }) =>
      db
        .updateTable('users')
        .set({ password: v.password })
        .where('id', '=', v.user_id)
        .where('password', 'is', null),
    ),

    replacePassword: statement((v: { user_id: number; password: string; replaces: string }) =>
      db
        .updateTable('users')
        .set({ password: v.password })
        .where('id', '=', v.user_id)
        .where('password', '=', v.replaces),
    ),

    addUser: statement((v: { id: number; created_at: number }) =>
      db.insertInto('users').values({
        id: v.id,
        status: 'active',
        nickname: null,
        avatar_url: null,
        phone: null,
        phone_index: null,
        password: null,
        created_at: v.created_at,
      }),
    ),

    setStatus: statement((v: { id: number; status: UserStatus }) =>
      db.updateTable('users').set({ status: v.status }).where('id', '=', v.id),
    ),

    identitiesOfUser: statement((v: { user_id: number }) =>
      db
        .selectFrom('identities')
        .select(['app_id', 'openid', 'created_at'])
        .where('user_id', '=', v.user_id)
        .orderBy('created_at')
        .orderBy('app_id'),
    ),

    removeIdentity: statement((v: { user_id: number; app_id: string }) =>
      db.deleteFrom('identities').where('user_id', '=', v.user_id).where('app_id', '=', v.app_id),
    ),

    endSessionsInApp: statement((v: EndValues & { user_id: number; app_id: string }) =>
      db
        .updateTable('sessions')
        .set({ ended_at: v.now_ms, end_reason: v.reason })
        .where('user_id', '=', v.user_id)
        .where('app_id', '=', v.app_id)
        .where('ended_at', 'is', null),
    ),

    addIdentity: statement((v: IdentityValues) =>
      db
        .insertInto('identities')
        .values({
          app_id: v.app_id,
          openid: v.openid,
          user_id: v.user_id,
          session_key: v.session_key,
          created_at: v.now_ms,
          session_key_at: v.now_ms,
        })
        .onConflict((conflict) => conflict.doNothing()),
    ),

    touchIdentity: statement((v: IdentityValues) =>
      db
        .updateTable('identities')
        .set({ session_key: v.session_key, session_key_at: v.now_ms })
        .where('app_id', '=', v.app_id)
        .where('openid', '=', v.openid)
        .where('user_id', '=', v.user_id),
    ),

    sessionKey: statement((v: { app_id: string; openid: string }) =>
      db
        .selectFrom('identities')
        .select('session_key')
        .where('app_id', '=', v.app_id)
        .where('openid', '=', v.openid),
    ),

    addUnionid: statement((v: { open_platform: string; unionid: string; user_id: number }) =>
      db
        .insertInto('unionids')
        .values({ open_platform: v.open_platform, unionid: v.unionid, user_id: v.user_id })
        .onConflict((conflict) => conflict.doNothing()),
    ),

    /** Only for a user who is active at this moment. */
    addSession: statement((v: NewSessionValues) =>
      db
        .insertInto('sessions')
        .columns([
          'id',
          'user_id',
          'app_id',
          'generation',
          'created_at',
          'rotated_at',
          'idle_expires_at',
          'expires_at',
          'device',
        ])
        .expression(
          db
            .selectFrom('users')
            .select([
              sql<number>`${v.id}`.as('id'),
              'users.id as user_id',
              sql<string>`${v.app_id}`.as('app_id'),
              sql<number>`0`.as('generation'),
              sql<number>`${v.now_ms}`.as('created_at'),
              sql<number>`${v.now_ms}`.as('rotated_at'),
              sql<number>`${v.idle_expires_at}`.as('idle_expires_at'),
              sql<number>`${v.expires_at}`.as('expires_at'),
              sql<string | null>`${v.device}`.as('device'),
            ])
            .where('users.id', '=', v.user_id)
            .where('users.status', '=', 'active'),
        ),
    ),

    sessionWithUser: statement((v: { id: number }) =>
      db
        .selectFrom('sessions')
        .innerJoin('users', 'users.id', 'sessions.user_id')
        .select([
          ...sessionColumns,
          'users.status',
          'users.nickname',
          'users.avatar_url',
          'users.phone',
          'users.phone_index',
          'users.created_at as user_created_at',
        ])
        .where('sessions.id', '=', v.id),
    ),

    liveSessions: statement((v: { user_id: number; now_ms: number }) =>
      db
        .selectFrom('sessions')
        .select(sessionColumns)
        .where('user_id', '=', v.user_id)
        .where('ended_at', 'is', null)
        .where('idle_expires_at', '>', v.now_ms)
        .where('expires_at', '>', v.now_ms)
        .orderBy('id', 'desc'),
    ),

    rotate: statement(
      (v: { id: number; generation: number; now_ms: number; idle_expires_at: number }) =>
        db
          .updateTable('sessions')
          .set((e) => ({
            generation: e('generation', '+', 1),
            rotated_at: v.now_ms,
            idle_expires_at: v.idle_expires_at,
          }))
          .where('id', '=', v.id)
          .where('generation', '=', v.generation)
          .where('ended_at', 'is', null)
          .where('idle_expires_at', '>', v.now_ms)
          .where('expires_at', '>', v.now_ms)
          .where((e) =>
            e.exists(
              e
                .selectFrom('users')
                .select('users.id')
                .whereRef('users.id', '=', 'sessions.user_id')
                .where('users.status', '=', 'active'),
            ),
          ),
    ),

    endSession: statement((v: EndValues & { id: number }) =>
      db
        .updateTable('sessions')
        .set({ ended_at: v.now_ms, end_reason: v.reason })
        .where('id', '=', v.id)
        .where('ended_at', 'is', null),
    ),

    endSessionOfUser: statement((v: EndValues & { id: number; user_id: number }) =>
      db
        .updateTable('sessions')
        .set({ ended_at: v.now_ms, end_reason: v.reason })
        .where('id', '=', v.id)
        .where('user_id', '=', v.user_id)
        .where('ended_at', 'is', null),
    ),

    endSessionsOfUser: statement((v: EndValues & { user_id: number; keep_id: number }) =>
      db
        .updateTable('sessions')
        .set({ ended_at: v.now_ms, end_reason: v.reason })
        .where('user_id', '=', v.user_id)
        .where('id', '!=', v.keep_id)
        .where('ended_at', 'is', null),
    ),

    addEvent: statement((v: Tables['events']) =>
      db.insertInto('events').values({
        id: v.id,
        at: v.at,
        kind: v.kind,
        user_id: v.user_id,
        session_id: v.session_id,
        app_id: v.app_id,
        detail: v.detail,
      }),
    ),

    signingKeys: statement((_: object) =>
      db
        .selectFrom('signing_keys')
        .select(['kid', 'slot', 'sealed', 'public_jwk', 'created_at'])
        .orderBy('created_at', 'desc'),
    ),

    addSigningKey: statement((v: StoredSigningKey) =>
      db
        .insertInto('signing_keys')
        .values({
          kid: v.kid,
          slot: v.slot,
          sealed: v.sealed,
          public_jwk: v.public_jwk,
          created_at: v.created_at,
        })
        .onConflict((conflict) => conflict.doNothing()),
    ),

    resealSigningKey: statement((v: { kid: string; sealed: Uint8Array }) =>
      db.updateTable('signing_keys').set({ sealed: v.sealed }).where('kid', '=', v.kid),
    ),
  }
}

type IdentityValues = {
  app_id: string
  openid: string
  user_id: number
  session_key: Uint8Array
  now_ms: number
}

type NewSessionValues = {
  id: number
  user_id: number
  app_id: string
  now_ms: number
  idle_expires_at: number
  expires_at: number
  device: string | null
}

type EndValues = { now_ms: number; reason: EndReason }
