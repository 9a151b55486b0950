import { sql, type Expression, type ExpressionBuilder, type Kysely } from 'kysely'
import type {
  EndedSession,
  EndReason,
  StoredConflict,
  StoredCredential,
  StoredSession,
  StoredSigningKey,
  StoredUser,
  UserStatus,
} from '../store.ts'
import type { Connection } from './database.ts'
import type { Dialect } from './dialect.ts'
import { statement } from './statement.ts'
import type { Tables } from './tables.ts'

export const userColumns = [
  'users.id',
  'users.status',
  'users.nickname',
  'users.avatar',
  'users.phone',
  'users.phone_index',
  'users.created_at',
  'users.gone_at',
] as const

/** A row of `sessionWithUser`. */
export type SessionWithUser = StoredSession &
  Omit<StoredUser, 'id' | 'created_at'> & {
    user_created_at: number
    /** The latest cutoff of its app or of all. */
    cut_at: number | null
  }

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

/** How the table of cutoffs writes that one is of every app. */
export const everyApp = '*'

/** The cutoffs that a session may have been ended by: a row or two, found by their key. */
const cutoffsOf = (e: ExpressionBuilder<Tables, 'sessions'>) =>
  e
    .selectFrom('cutoffs')
    .where((c) =>
      c.or([
        c('cutoffs.app_id', '=', c.ref('sessions.app_id')),
        c('cutoffs.app_id', '=', everyApp),
      ]),
    )

const isNotCut = (e: ExpressionBuilder<Tables, 'sessions'>) =>
  e.not(
    e.exists(
      cutoffsOf(e).select('cutoffs.app_id').whereRef('cutoffs.at', '>', 'sessions.created_at'),
    ),
  )

type RotateValues = { id: number; generation: number; now_ms: number; idle_expires_at: number }

type List<Value> = readonly (Value | null)[]

/** As many as PostgreSQL reckons with where it does not know how many there are, and two more. */
const leastListed = 12

/**
 * One value of each, for `unnest`. It is filled up with `null`, for a short list looks cheaper to
 * PostgreSQL than the plan that it keeps for lists of any length, and it would plan anew each
 * time.
 */
export function listOf<Item, Name extends keyof Item>(
  items: readonly Item[],
  name: Name,
): List<NonNullable<Item[Name]>> {
  const length = Math.max(items.length, leastListed)
  return Array.from({ length }, (_, n) => items[n]?.[name] ?? null)
}

type RotateLists = Record<keyof RotateValues, List<number>> & { app_id: List<string> }

type Sessions = ExpressionBuilder<Tables, 'sessions'>
type Operands<Name extends keyof RotateValues> = Record<Name, Expression<number>>

const mayRotate = (e: Sessions, v: Operands<keyof RotateValues>) =>
  e.and([
    e('sessions.id', '=', v.id),
    e('sessions.generation', '=', v.generation),
    e('sessions.ended_at', 'is', null),
    e('sessions.idle_expires_at', '>', v.now_ms),
    e('sessions.expires_at', '>', v.now_ms),
    isNotCut(e),
    e.exists(
      e
        .selectFrom('users')
        .select('users.id')
        .whereRef('users.id', '=', 'sessions.user_id')
        .where('users.status', '=', 'active'),
    ),
  ])

const nextGeneration = (e: Sessions, v: Operands<'now_ms' | 'idle_expires_at'>) => ({
  generation: e('sessions.generation', '+', 1),
  rotated_at: v.now_ms,
  idle_expires_at: e
    .case()
    .when('sessions.expires_at', '<', v.idle_expires_at)
    .then(e.ref('sessions.expires_at'))
    .else(v.idle_expires_at)
    .end(),
})

const given = (e: Sessions, v: RotateValues) => ({
  id: e.val(v.id),
  generation: e.val(v.generation),
  now_ms: e.val(v.now_ms),
  idle_expires_at: e.val(v.idle_expires_at),
})

/** From one generation to the next, while the session lives and its user is active. */
const rotate = (db: Kysely<Tables>, v: RotateValues) =>
  db
    .updateTable('sessions')
    .set((e) => nextGeneration(e, given(e, v)))
    .where((e) => mayRotate(e, given(e, v)))

/**
 * Each of several by its own values. It waits for nobody, so it can be in no deadlock: a row that
 * somebody holds is passed over. Each row is found by its key, whatever the planner knows of the
 * table.
 */
const rotateTogether = (db: Kysely<Tables>, v: RotateLists) =>
  db
    .with('due', (w) =>
      w
        .selectFrom(
          sql<RotateValues & { app_id: string | null }>`unnest(
            ${v.id}::bigint[], ${v.generation}::bigint[], ${v.now_ms}::bigint[],
            ${v.idle_expires_at}::bigint[], ${v.app_id}::text[]
          )`.as<'asked'>(sql`asked(id, generation, now_ms, idle_expires_at, app_id)`),
        )
        .innerJoinLateral(
          (e) =>
            e
              .selectFrom('sessions')
              .select('sessions.id as held_id')
              .where((s) =>
                mayRotate(s, {
                  id: s.ref('asked.id'),
                  generation: s.ref('asked.generation'),
                  now_ms: s.ref('asked.now_ms'),
                  idle_expires_at: s.ref('asked.idle_expires_at'),
                }),
              )
              .where((s) =>
                s.or([
                  s('asked.app_id', 'is', null),
                  s('asked.app_id', '=', s.ref('sessions.app_id')),
                ]),
              )
              .forUpdate('sessions')
              .skipLocked()
              .as('held'),
          (join) => join.onTrue(),
        )
        .where('asked.id', 'is not', null)
        .select(['asked.id', 'asked.now_ms', 'asked.idle_expires_at']),
    )
    .updateTable('sessions')
    .from('due')
    .set((e) =>
      nextGeneration(e, {
        now_ms: e.ref('due.now_ms'),
        idle_expires_at: e.ref('due.idle_expires_at'),
      }),
    )
    .whereRef('sessions.id', '=', 'due.id')
    .returning(sessionColumns)

const sessionWithUser = (db: Kysely<Tables>) =>
  db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select([
      ...sessionColumns,
      'users.status',
      'users.nickname',
      'users.avatar',
      'users.phone',
      'users.phone_index',
      'users.created_at as user_created_at',
      'users.gone_at',
    ])
    .select((e) =>
      cutoffsOf(e)
        .select((c) => c.fn.max('cutoffs.at').as('at'))
        .as('cut_at'),
    )

/** Every statement of the SQL store, one a name. */
export function sqlStatements({ db, engine, locked, unlessTaken }: Dialect) {
  /** What an update left, in the same statement where there is such a thing: not on MySQL. */
  const returningSession = (query: ReturnType<typeof rotate>) =>
    engine === 'mysql' ? query.$castTo<StoredSession>() : query.returning(sessionColumns)

  const lockUser = statement((v: { id: number }) =>
    locked(db.selectFrom('users').select(userColumns).where('id', '=', v.id)),
  )
  const countHold = statement((v: { id: number }) =>
    db
      .updateTable('users')
      .set((e) => ({ held: e('held', '+', 1) }))
      .where('id', '=', v.id),
  )
  /** The nodes of a Galera cluster do not see each other's locks, only what is written. */
  async function holdUser(on: Connection, v: { id: number }) {
    if (engine === 'mysql') await countHold(on, v)
  }

  return {
    ping: statement((_: object) => db.selectNoFrom(sql<number>`1`.as('one'))),

    userById: statement((v: { id: number }) =>
      db.selectFrom('users').select(userColumns).where('id', '=', v.id),
    ),

    holdUser,

    /** Whoever changes what leads to a user, or what they have, holds their row first. */
    async lockUser(on: Connection, v: { id: number }) {
      await holdUser(on, v)
      return lockUser(on, v)
    },

    lockUnionid: statement((v: { open_platform: string; unionid: string }) =>
      locked(
        db
          .selectFrom('unionids')
          .select('user_id')
          .where('open_platform', '=', v.open_platform)
          .where('unionid', '=', v.unionid),
      ),
    ),

    userByOpenid: statement((v: { app_id: string; openid: string }) =>
      db
        .selectFrom('identities')
        .innerJoin('users', 'users.id', 'identities.user_id')
        .select(userColumns)
        .where('identities.app_id', '=', v.app_id)
        .where('identities.openid', '=', v.openid),
    ),

    usersByOpenid: statement((v: { app_id: List<string>; openid: List<string> }) =>
      db
        .selectFrom(
          sql<{
            app_id: string
            openid: string
          }>`unnest(${v.app_id}::text[], ${v.openid}::text[])`.as<'asked'>(
            sql`asked(app_id, openid)`,
          ),
        )
        .innerJoin('identities', (join) =>
          join
            .onRef('identities.app_id', '=', 'asked.app_id')
            .onRef('identities.openid', '=', 'asked.openid'),
        )
        .innerJoin('users', 'users.id', 'identities.user_id')
        .select([...userColumns, 'asked.app_id', 'asked.openid']),
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

    userByUnverifiedPhone: (indexes: readonly string[]) =>
      db
        .selectFrom('unverified_phone_indexes')
        .innerJoin('users', 'users.id', 'unverified_phone_indexes.user_id')
        .select(userColumns)
        .where('unverified_phone_indexes.phone_index', 'in', indexes)
        .limit(1)
        .compile(),

    lockClaims: (indexes: readonly string[]) =>
      locked(
        db
          .selectFrom('unverified_phone_indexes')
          .select('user_id')
          .where('phone_index', 'in', indexes),
      ).compile(),

    lockPhones: (indexes: readonly string[]) =>
      locked(
        db.selectFrom('phone_indexes').select('user_id').where('phone_index', 'in', indexes),
      ).compile(),

    addUnverifiedPhoneIndex: unlessTaken((v: { phone_index: string; user_id: number }) =>
      db
        .insertInto('unverified_phone_indexes')
        .values({ phone_index: v.phone_index, user_id: v.user_id }),
    ),

    removeUnverifiedPhoneIndexes: statement((v: { user_id: number }) =>
      db.deleteFrom('unverified_phone_indexes').where('user_id', '=', v.user_id),
    ),

    unverifiedPhoneIndexesOfUser: statement((v: { user_id: number }) =>
      db
        .selectFrom('unverified_phone_indexes')
        .select('phone_index')
        .where('user_id', '=', v.user_id),
    ),

    unverifiedPhone: statement((v: { user_id: number }) =>
      db
        .selectFrom('users')
        .select(['unverified_phone', 'unverified_phone_index'])
        .where('id', '=', v.user_id),
    ),

    setUnverifiedPhone: statement(
      (v: { user_id: number; phone: Uint8Array | null; phone_index: string | null }) =>
        db
          .updateTable('users')
          .set({ unverified_phone: v.phone, unverified_phone_index: v.phone_index })
          .where('id', '=', v.user_id),
    ),

    phoneIndexesOfUser: statement((v: { user_id: number }) =>
      db.selectFrom('phone_indexes').select('phone_index').where('user_id', '=', v.user_id),
    ),

    addPhoneIndex: unlessTaken((v: { phone_index: string; user_id: number }) =>
      db.insertInto('phone_indexes').values({ phone_index: v.phone_index, user_id: v.user_id }),
    ),

    removePhoneIndexes: statement((v: { user_id: number }) =>
      db.deleteFrom('phone_indexes').where('user_id', '=', v.user_id),
    ),

    setPhone: statement(
      (v: { user_id: number; phone: Uint8Array | null; phone_index: string | null }) =>
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

    setPasswordAnyhow: statement((v: { user_id: number; password: string | null }) =>
      db.updateTable('users').set({ password: v.password }).where('id', '=', v.user_id),
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

    addUser: unlessTaken((v: { id: number; created_at: number }) =>
      db.insertInto('users').values({
        id: v.id,
        status: 'active',
        nickname: null,
        avatar: null,
        phone: null,
        phone_index: null,
        password: null,
        created_at: v.created_at,
        unverified_phone: null,
        unverified_phone_index: null,
        gone_at: null,
        status_before: null,
      }),
    ),

    /** From one status to another, and only if it is that one. */
    moveStatus: statement(
      (v: { id: number; from: UserStatus; to: UserStatus; gone_at: number | null }) =>
        db
          .updateTable('users')
          .set({ status: v.to, gone_at: v.gone_at })
          .where('id', '=', v.id)
          .where('status', '=', v.from),
    ),

    restore: statement((v: { id: number; now_ms: number }) =>
      db
        .updateTable('users')
        .set((e) => ({
          status: e.fn.coalesce('status_before', e.val('active' as const)),
          gone_at: null,
        }))
        .where('id', '=', v.id)
        .where('status', '=', 'deleted')
        .where('gone_at', '>', v.now_ms),
    ),

    setStatusBefore: statement((v: { id: number; status: UserStatus }) =>
      db.updateTable('users').set({ status_before: v.status }).where('id', '=', v.id),
    ),

    setNickname: statement((v: { id: number; nickname: string | null }) =>
      db.updateTable('users').set({ nickname: v.nickname }).where('id', '=', v.id),
    ),

    setAvatar: statement((v: { id: number; avatar: string | null }) =>
      db.updateTable('users').set({ avatar: v.avatar }).where('id', '=', v.id),
    ),

    goneUsers: statement((v: { now_ms: number; limit: number }) =>
      db
        .selectFrom('users')
        .select(userColumns)
        .where('gone_at', '<=', v.now_ms)
        .orderBy('gone_at')
        .limit(v.limit),
    ),

    removeUser: statement((v: { id: number }) => db.deleteFrom('users').where('id', '=', v.id)),

    removeIdentities: statement((v: { user_id: number }) =>
      db.deleteFrom('identities').where('user_id', '=', v.user_id),
    ),

    removeUnionids: statement((v: { user_id: number }) =>
      db.deleteFrom('unionids').where('user_id', '=', v.user_id),
    ),

    removeSessions: statement((v: { user_id: number }) =>
      db.deleteFrom('sessions').where('user_id', '=', v.user_id),
    ),

    addLooseBlob: unlessTaken((v: { name: string; at: number }) =>
      db.insertInto('loose_blobs').values({ name: v.name, at: v.at }),
    ),

    removeLooseBlob: statement((v: { name: string }) =>
      db.deleteFrom('loose_blobs').where('name', '=', v.name),
    ),

    looseBlobs: statement((v: { now_ms: number; limit: number }) =>
      db
        .selectFrom('loose_blobs')
        .select('name')
        .where('at', '<=', v.now_ms)
        .orderBy('at')
        .limit(v.limit),
    ),

    preferences: statement((v: { user_id: number }) =>
      db.selectFrom('preferences').select(['document', 'version']).where('user_id', '=', v.user_id),
    ),

    addPreferences: unlessTaken((v: { user_id: number; document: string; now_ms: number }) =>
      db
        .insertInto('preferences')
        .values({ user_id: v.user_id, document: v.document, version: 1, updated_at: v.now_ms }),
    ),

    replacePreferences: statement(
      (v: { user_id: number; document: string; replaces: number; now_ms: number }) =>
        db
          .updateTable('preferences')
          .set((e) => ({
            document: v.document,
            version: e('version', '+', 1),
            updated_at: v.now_ms,
          }))
          .where('user_id', '=', v.user_id)
          .where('version', '=', v.replaces),
    ),

    movePreferences: statement((v: { from_id: number; into_id: number }) =>
      db.updateTable('preferences').set({ user_id: v.into_id }).where('user_id', '=', v.from_id),
    ),

    removePreferences: statement((v: { user_id: number }) =>
      db.deleteFrom('preferences').where('user_id', '=', v.user_id),
    ),

    addConflict: unlessTaken((v: StoredConflict) =>
      db.insertInto('conflicts').values({
        id: v.id,
        user_id: v.user_id,
        holder_id: v.holder_id,
        app_id: v.app_id,
        created_at: v.created_at,
        dismissed_at: null,
      }),
    ),

    conflictOf: statement((v: { user_id: number; holder_id: number }) =>
      db
        .selectFrom('conflicts')
        .select('id')
        .where('user_id', '=', v.user_id)
        .where('holder_id', '=', v.holder_id),
    ),

    conflicts: statement((v: { after: number; limit: number }) =>
      db
        .selectFrom('conflicts')
        .select(['id', 'user_id', 'holder_id', 'app_id', 'created_at'])
        .where('id', '>', v.after)
        .where('dismissed_at', 'is', null)
        .orderBy('id')
        .limit(v.limit),
    ),

    dismissConflict: statement((v: { id: number; now_ms: number }) =>
      db
        .updateTable('conflicts')
        .set({ dismissed_at: v.now_ms })
        .where('id', '=', v.id)
        .where('dismissed_at', 'is', null),
    ),

    removeConflictsOf: statement((v: { user_id: number }) =>
      db
        .deleteFrom('conflicts')
        .where((e) => e.or([e('user_id', '=', v.user_id), e('holder_id', '=', v.user_id)])),
    ),

    sharedApps: statement((v: { one: number; other: number }) =>
      db
        .selectFrom('identities as mine')
        .innerJoin('identities as theirs', 'theirs.app_id', 'mine.app_id')
        .select('mine.app_id')
        .where('mine.user_id', '=', v.one)
        .where('theirs.user_id', '=', v.other)
        .limit(1),
    ),

    moveIdentities: statement((v: { from_id: number; into_id: number }) =>
      db.updateTable('identities').set({ user_id: v.into_id }).where('user_id', '=', v.from_id),
    ),

    moveIdentity: statement(
      (v: { app_id: string; openid: string; from_id: number; into_id: number }) =>
        db
          .updateTable('identities')
          .set({ user_id: v.into_id })
          .where('app_id', '=', v.app_id)
          .where('openid', '=', v.openid)
          .where('user_id', '=', v.from_id),
    ),

    unionidsOfUser: statement((v: { user_id: number }) =>
      db
        .selectFrom('unionids')
        .select(['open_platform', 'unionid'])
        .where('user_id', '=', v.user_id),
    ),

    moveUnionids: statement((v: { from_id: number; into_id: number }) =>
      db.updateTable('unionids').set({ user_id: v.into_id }).where('user_id', '=', v.from_id),
    ),

    moveUnionid: statement(
      (v: { open_platform: string; unionid: string; from_id: number; into_id: number }) =>
        db
          .updateTable('unionids')
          .set({ user_id: v.into_id })
          .where('open_platform', '=', v.open_platform)
          .where('unionid', '=', v.unionid)
          .where('user_id', '=', v.from_id),
    ),

    movePhoneIndexes: statement((v: { from_id: number; into_id: number }) =>
      db.updateTable('phone_indexes').set({ user_id: v.into_id }).where('user_id', '=', v.from_id),
    ),

    addMerge: statement((v: Omit<Tables['merges'], 'undone_at'>) =>
      db.insertInto('merges').values({
        id: v.id,
        from_id: v.from_id,
        into_id: v.into_id,
        created_at: v.created_at,
        undone_at: null,
        taken: v.taken,
      }),
    ),

    merges: statement((v: { after: number; limit: number }) =>
      db
        .selectFrom('merges')
        .select(['id', 'from_id', 'into_id', 'created_at', 'undone_at'])
        .where('id', '>', v.after)
        .orderBy('id')
        .limit(v.limit),
    ),

    merge: statement((v: { id: number }) =>
      db.selectFrom('merges').selectAll().where('id', '=', v.id).where('undone_at', 'is', null),
    ),

    mergedInto: statement((v: { into_id: number }) =>
      db
        .selectFrom('merges')
        .select('from_id')
        .where('into_id', '=', v.into_id)
        .where('undone_at', 'is', null),
    ),

    undoneMerge: statement((v: { id: number; now_ms: number }) =>
      db
        .updateTable('merges')
        // What it took is of no more use, and leads to somebody who may be erased alone.
        .set({ undone_at: v.now_ms, taken: '' })
        .where('id', '=', v.id)
        .where('undone_at', 'is', null),
    ),

    removeMergesOf: statement((v: { user_id: number }) =>
      db
        .deleteFrom('merges')
        .where((e) => e.or([e('from_id', '=', v.user_id), e('into_id', '=', v.user_id)])),
    ),

    identitiesOfUser: statement((v: { user_id: number }) =>
      db
        .selectFrom('identities')
        .select(['app_id', 'openid', 'created_at', 'open_platform', 'unionid'])
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

    addIdentity: unlessTaken((v: IdentityValues) =>
      db.insertInto('identities').values({
        app_id: v.app_id,
        openid: v.openid,
        user_id: v.user_id,
        session_key: v.session_key,
        created_at: v.now_ms,
        session_key_at: v.now_ms,
        open_platform: v.open_platform,
        unionid: v.unionid,
      }),
    ),

    /** What is `null` stays as it is. */
    touchIdentity: statement((v: TouchValues) =>
      db
        .updateTable('identities')
        .set((e) => ({
          session_key: e.fn.coalesce(e.val(v.session_key), 'session_key'),
          session_key_at: e.fn.coalesce(e.val(v.session_key_at), 'session_key_at'),
          open_platform: e.fn.coalesce(e.val(v.open_platform), 'open_platform'),
          unionid: e.fn.coalesce(e.val(v.unionid), 'unionid'),
        }))
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

    addUnionid: unlessTaken((v: { open_platform: string; unionid: string; user_id: number }) =>
      db
        .insertInto('unionids')
        .values({ open_platform: v.open_platform, unionid: v.unionid, user_id: v.user_id }),
    ),

    removeUnionid: statement((v: { open_platform: string; unionid: string; user_id: number }) =>
      db
        .deleteFrom('unionids')
        .where('open_platform', '=', v.open_platform)
        .where('unionid', '=', v.unionid)
        .where('user_id', '=', v.user_id),
    ),

    /** Only for a user who is active at this moment. */
    addSession: unlessTaken((v: NewSessionValues) =>
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
          locked(
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
    ),

    sessionWithUser: statement((v: { id: number }) =>
      sessionWithUser(db).where('sessions.id', '=', v.id),
    ),

    sessionsWithUsers: statement((v: { id: List<number> }) =>
      sessionWithUser(db).innerJoin(
        sql<{ id: number }>`unnest(${v.id}::bigint[])`.as<'asked'>(sql`asked(id)`),
        'asked.id',
        'sessions.id',
      ),
    ),

    liveSessions: statement((v: { user_id: number; now_ms: number }) =>
      db
        .selectFrom('sessions')
        .select(sessionColumns)
        .where('user_id', '=', v.user_id)
        .where('ended_at', 'is', null)
        .where('idle_expires_at', '>', v.now_ms)
        .where('expires_at', '>', v.now_ms)
        .where(isNotCut)
        .orderBy('id', 'desc'),
    ),

    sessionsOfUser: statement((v: { user_id: number }) =>
      db
        .selectFrom('sessions')
        .select([...sessionColumns, 'sessions.end_reason'])
        .where('user_id', '=', v.user_id)
        .orderBy('id', 'desc'),
    ),

    sessionIds: statement((v: { after: number; limit: number }) =>
      db.selectFrom('sessions').select('id').where('id', '>', v.after).orderBy('id').limit(v.limit),
    ),

    removePastSessions: statement((v: { after: number; last: number; before: number }) =>
      db
        .deleteFrom('sessions')
        .where('id', '>', v.after)
        .where('id', '<=', v.last)
        .where((e) =>
          e.or([
            e('ended_at', '<', v.before),
            e('idle_expires_at', '<', v.before),
            e('expires_at', '<', v.before),
          ]),
        ),
    ),

    rotate: statement((v: RotateValues) => returningSession(rotate(db, v))),

    rotateInApp: statement((v: RotateValues & { app_id: string }) =>
      returningSession(rotate(db, v).where('app_id', '=', v.app_id)),
    ),

    rotateTogether: statement((v: RotateLists) => rotateTogether(db, v)),

    session: statement((v: { id: number }) =>
      db.selectFrom('sessions').select(sessionColumns).where('id', '=', v.id),
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

    addEvent: unlessTaken((v: Tables['events']) =>
      db.insertInto('events').values({
        // Above all that could be read before: whoever walks the log by number has it still ahead.
        // Where several write at once it would make each wait for the other.
        id:
          engine === 'sqlite'
            ? sql<number>`max(${v.id}, coalesce((select max(id) from events), 0) + 1)`
            : v.id,
        at: v.at,
        kind: v.kind,
        user_id: v.user_id,
        session_id: v.session_id,
        app_id: v.app_id,
        detail: v.detail,
      }),
    ),

    events: statement((v: { after: number; limit: number }) =>
      db.selectFrom('events').selectAll().where('id', '>', v.after).orderBy('id').limit(v.limit),
    ),

    eventsOfUser: statement((v: { user_id: number; after: number; limit: number }) =>
      db
        .selectFrom('events')
        .selectAll()
        .where('user_id', '=', v.user_id)
        .where('id', '>', v.after)
        .orderBy('id')
        .limit(v.limit),
    ),

    oldestEvents: statement((v: { limit: number }) =>
      db.selectFrom('events').select(['id', 'at']).orderBy('id').limit(v.limit),
    ),

    removeEventsTo: statement((v: { last: number; before: number }) =>
      db.deleteFrom('events').where('id', '<=', v.last).where('at', '<', v.before),
    ),

    cursor: statement((v: { name: string }) =>
      db.selectFrom('cursors').select('position').where('name', '=', v.name),
    ),

    addCursor: unlessTaken((v: { name: string; to: number }) =>
      db.insertInto('cursors').values({ name: v.name, position: v.to }),
    ),

    moveCursor: statement((v: { name: string; from: number; to: number }) =>
      db
        .updateTable('cursors')
        .set({ position: v.to })
        .where('name', '=', v.name)
        .where('position', '=', v.from),
    ),

    signingKeys: statement((_: object) =>
      db
        .selectFrom('signing_keys')
        .select(['kid', 'slot', 'slot_since', 'sealed', 'public_jwk', 'created_at'])
        .orderBy('created_at', 'desc'),
    ),

    addSigningKey: unlessTaken((v: StoredSigningKey) =>
      db.insertInto('signing_keys').values({
        kid: v.kid,
        slot: v.slot,
        slot_since: v.slot_since,
        sealed: v.sealed,
        public_jwk: v.public_jwk,
        created_at: v.created_at,
      }),
    ),

    previousSigningKey: statement((_: object) =>
      db.selectFrom('signing_keys').select('kid').where('slot', '=', 'previous'),
    ),

    demoteSigningKey: statement((v: { kid: string; now_ms: number; sealed: Uint8Array }) =>
      db
        .updateTable('signing_keys')
        .set({ slot: 'previous', slot_since: v.now_ms, sealed: v.sealed })
        .where('kid', '=', v.kid)
        .where('slot', '=', 'current'),
    ),

    promoteSigningKey: statement((v: { kid: string; now_ms: number }) =>
      db
        .updateTable('signing_keys')
        .set({ slot: 'current', slot_since: v.now_ms })
        .where('kid', '=', v.kid)
        .where('slot', '=', 'next'),
    ),

    removeSigningKey: statement((v: { kid: string; slot: 'current' | 'previous' }) =>
      db.deleteFrom('signing_keys').where('kid', '=', v.kid).where('slot', '=', v.slot),
    ),

    removeSigningKeys: statement((_: object) => db.deleteFrom('signing_keys')),

    resealSigningKey: statement((v: { kid: string; sealed: Uint8Array }) =>
      db
        .updateTable('signing_keys')
        .set({ sealed: v.sealed })
        .where('kid', '=', v.kid)
        // One that signs no more keeps no private part, whoever read it before.
        .where('slot', '!=', 'previous'),
    ),

    mergeOf: statement((v: { from_id: number }) =>
      db
        .selectFrom('merges')
        .select('into_id')
        .where('from_id', '=', v.from_id)
        .where('undone_at', 'is', null),
    ),

    addCredential: statement((v: StoredCredential) =>
      db.insertInto('service_credentials').values({
        id: v.id,
        name: v.name,
        scopes: v.scopes,
        secret_hash: v.secret_hash,
        previous_hash: v.previous_hash,
        previous_ends_at: v.previous_ends_at,
        created_at: v.created_at,
        expires_at: v.expires_at,
        ended_at: v.ended_at,
        last_used_at: v.last_used_at,
      }),
    ),

    credential: statement((v: { id: number }) =>
      db.selectFrom('service_credentials').select(credentialColumns).where('id', '=', v.id),
    ),

    credentials: statement((_: object) =>
      db.selectFrom('service_credentials').select(credentialColumns).orderBy('id', 'desc'),
    ),

    rotateCredential: statement(
      (v: { id: number; secret_hash: string; replaces: string; previous_ends_at: number }) =>
        db
          .updateTable('service_credentials')
          .set({
            secret_hash: v.secret_hash,
            previous_hash: v.replaces,
            previous_ends_at: v.previous_ends_at,
          })
          .where('id', '=', v.id)
          .where('secret_hash', '=', v.replaces)
          .where('ended_at', 'is', null),
    ),

    endCredential: statement((v: { id: number; now_ms: number }) =>
      db
        .updateTable('service_credentials')
        .set({ ended_at: v.now_ms })
        .where('id', '=', v.id)
        .where('ended_at', 'is', null),
    ),

    endPreviousSecret: statement((v: { id: number }) =>
      db
        .updateTable('service_credentials')
        .set({ previous_hash: null, previous_ends_at: null })
        .where('id', '=', v.id)
        .where('previous_hash', 'is not', null),
    ),

    noteCredentialUse: statement((v: { id: number; at: number }) =>
      db
        .updateTable('service_credentials')
        .set({ last_used_at: v.at })
        .where('id', '=', v.id)
        .where((e) => e.or([e('last_used_at', 'is', null), e('last_used_at', '<', v.at)])),
    ),

    endedSessions: statement((v: { since: number; after_id: number; limit: number }) =>
      db
        .selectFrom('sessions')
        .select('id')
        .select((e) => e.ref('ended_at').$castTo<EndedSession['ended_at']>().as('ended_at'))
        .where('ended_at', '>=', v.since)
        .where((e) => e.or([e('ended_at', '>', v.since), e('id', '>', v.after_id)]))
        .orderBy('ended_at')
        .orderBy('id')
        .limit(v.limit),
    ),

    addCutoff: unlessTaken((v: Tables['cutoffs']) =>
      db.insertInto('cutoffs').values({ app_id: v.app_id, at: v.at }),
    ),

    moveCutoff: statement((v: Tables['cutoffs']) =>
      db
        .updateTable('cutoffs')
        .set({ at: v.at })
        .where('app_id', '=', v.app_id)
        .where('at', '<', v.at),
    ),

    cutoffs: statement((_: object) =>
      db.selectFrom('cutoffs').select(['app_id', 'at']).orderBy('app_id'),
    ),

    endCutSessions: statement((v: CutValues) => endCut(db, v)),

    endCutSessionsInApp: statement((v: CutValues & { app_id: string }) =>
      endCut(db, v).where('app_id', '=', v.app_id),
    ),
  }
}

const credentialColumns = [
  'id',
  'name',
  'scopes',
  'secret_hash',
  'previous_hash',
  'previous_ends_at',
  'created_at',
  'expires_at',
  'ended_at',
  'last_used_at',
] as const

type CutValues = { after: number; last: number; at: number; reason: EndReason }

/** The rows end when the cutoff did it: what asks for the newest ends never meets them. */
const endCut = (db: Kysely<Tables>, v: CutValues) =>
  db
    .updateTable('sessions')
    .set({ ended_at: v.at, end_reason: v.reason })
    .where('id', '>', v.after)
    .where('id', '<=', v.last)
    .where('created_at', '<', v.at)
    .where('ended_at', 'is', null)

type IdentityValues = {
  app_id: string
  openid: string
  user_id: number
  session_key: Uint8Array
  now_ms: number
  open_platform: string | null
  unionid: string | null
}

type TouchValues = Omit<IdentityValues, 'session_key' | 'now_ms'> & {
  session_key: Uint8Array | null
  session_key_at: number | null
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

export type SqlStatements = ReturnType<typeof sqlStatements>
