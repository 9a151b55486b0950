import { sql } from 'kysely'
import type { StoredAdmin, StoredAdminSession } from '../admin-store.ts'
import type { Dialect } from './dialect.ts'
import { userColumns } from './sql-statements.ts'
import { statement } from './statement.ts'
import type { Tables } from './tables.ts'

const adminColumns = [
  'admins.id',
  'admins.name',
  'admins.role',
  'admins.password',
  'admins.totp',
  'admins.totp_step',
  'admins.created_at',
  'admins.ended_at',
] as const

/** A row of `sessionWithAdmin`. */
export type SessionWithAdmin = StoredAdmin & Omit<StoredAdminSession, 'id'> & { session_id: number }

/** The statements of the operator's console, one a name. */
export function adminStatements({ db, engine, unlessTaken }: Dialect) {
  /** Byte by byte, as the index has it, whatever order the database is set to. */
  const nickname = engine === 'postgres' ? sql<string>`nickname collate "C"` : sql<string>`nickname`

  return {
    addInvite: statement((v: Tables['admin_invites']) =>
      db
        .insertInto('admin_invites')
        .values({ digest: v.digest, role: v.role, expires_at: v.expires_at }),
    ),

    invite: statement((v: { digest: string; now_ms: number }) =>
      db
        .selectFrom('admin_invites')
        .select(['digest', 'role', 'expires_at'])
        .where('digest', '=', v.digest)
        .where('expires_at', '>', v.now_ms),
    ),

    removeInvite: statement((v: { digest: string }) =>
      db.deleteFrom('admin_invites').where('digest', '=', v.digest),
    ),

    addAdmin: unlessTaken((v: Omit<StoredAdmin, 'ended_at'> & { name_key: string }) =>
      db.insertInto('admins').values({
        id: v.id,
        name: v.name,
        name_key: v.name_key,
        role: v.role,
        password: v.password,
        totp: v.totp,
        totp_step: v.totp_step,
        created_at: v.created_at,
      }),
    ),

    addRecovery: statement((v: Tables['admin_recovery_codes']) =>
      db.insertInto('admin_recovery_codes').values({ admin_id: v.admin_id, digest: v.digest }),
    ),

    adminByName: statement((v: { name_key: string }) =>
      db.selectFrom('admins').select(adminColumns).where('name_key', '=', v.name_key),
    ),

    admin: statement((v: { id: number }) =>
      db.selectFrom('admins').select(adminColumns).where('id', '=', v.id),
    ),

    admins: statement((_: object) =>
      db.selectFrom('admins').select(adminColumns).orderBy('id', 'desc'),
    ),

    /**
     * Counts the owners by writing to each: of those who change owners at once one waits for the
     * other, or, on the nodes of a Galera cluster, is undone by it and tries again.
     */
    holdOwners: statement((_: object) =>
      db
        .updateTable('admins')
        .set((e) => ({ held: e('held', '+', 1) }))
        .where('role', '=', 'owner')
        .where('ended_at', 'is', null),
    ),

    setRole: statement((v: { id: number; role: StoredAdmin['role'] }) =>
      db.updateTable('admins').set({ role: v.role }).where('id', '=', v.id),
    ),

    endAdmin: statement((v: { id: number; now_ms: number }) =>
      db
        .updateTable('admins')
        .set({ ended_at: v.now_ms, name_key: null })
        .where('id', '=', v.id)
        .where('ended_at', 'is', null),
    ),

    removeRecoveries: statement((v: { admin_id: number }) =>
      db.deleteFrom('admin_recovery_codes').where('admin_id', '=', v.admin_id),
    ),

    removeSessionsOf: statement((v: { admin_id: number }) =>
      db.deleteFrom('admin_sessions').where('admin_id', '=', v.admin_id),
    ),

    useStep: statement((v: { id: number; totp_step: number }) =>
      db
        .updateTable('admins')
        .set({ totp_step: v.totp_step })
        .where('id', '=', v.id)
        .where('totp_step', '<', v.totp_step)
        .where('ended_at', 'is', null),
    ),

    useRecovery: statement((v: Tables['admin_recovery_codes']) =>
      db
        .deleteFrom('admin_recovery_codes')
        .where('admin_id', '=', v.admin_id)
        .where('digest', '=', v.digest),
    ),

    addSession: unlessTaken((v: StoredAdminSession) =>
      db.insertInto('admin_sessions').values({
        id: v.id,
        admin_id: v.admin_id,
        seen_at: v.seen_at,
        expires_at: v.expires_at,
      }),
    ),

    sessionWithAdmin: statement((v: { id: number }) =>
      db
        .selectFrom('admin_sessions')
        .innerJoin('admins', 'admins.id', 'admin_sessions.admin_id')
        .select([
          ...adminColumns,
          'admin_sessions.id as session_id',
          'admin_sessions.admin_id',
          'admin_sessions.seen_at',
          'admin_sessions.expires_at',
        ])
        .where('admin_sessions.id', '=', v.id)
        .where('admins.ended_at', 'is', null),
    ),

    touchSession: statement((v: { id: number; seen_at: number }) =>
      db
        .updateTable('admin_sessions')
        .set({ seen_at: v.seen_at })
        .where('id', '=', v.id)
        .where('seen_at', '<', v.seen_at),
    ),

    removeSession: statement((v: { id: number }) =>
      db.deleteFrom('admin_sessions').where('id', '=', v.id),
    ),

    removePastSessions: statement((v: { before: number }) =>
      db.deleteFrom('admin_sessions').where('expires_at', '<', v.before),
    ),

    removePastInvites: statement((v: { before: number }) =>
      db.deleteFrom('admin_invites').where('expires_at', '<', v.before),
    ),

    newestUsers: statement((v: { before: number; limit: number }) =>
      db
        .selectFrom('users')
        .select(userColumns)
        .where('id', '<', v.before)
        .orderBy('id', 'desc')
        .limit(v.limit),
    ),

    usersByNickname: statement((v: { from: string; to: string; limit: number }) =>
      db
        .selectFrom('users')
        .select(userColumns)
        .where(nickname, '>=', v.from)
        .where(nickname, '<', v.to)
        .orderBy(nickname)
        .limit(v.limit),
    ),

    liveSessions: statement((v: { now_ms: number; most: number }) =>
      db
        .selectFrom(
          db
            .selectFrom('sessions')
            .select('id')
            .where('ended_at', 'is', null)
            .where('idle_expires_at', '>', v.now_ms)
            .where('expires_at', '>', v.now_ms)
            .limit(v.most)
            .as('live'),
        )
        .select((e) => e.fn.countAll<number>().as('live')),
    ),

    latestEvents: statement((v: { before: number; limit: number }) =>
      db
        .selectFrom('events')
        .selectAll()
        .where('id', '<', v.before)
        .orderBy('id', 'desc')
        .limit(v.limit),
    ),

    latestEventsOfUser: statement((v: { user_id: number; before: number; limit: number }) =>
      db
        .selectFrom('events')
        .selectAll()
        .where('user_id', '=', v.user_id)
        .where('id', '<', v.before)
        .orderBy('id', 'desc')
        .limit(v.limit),
    ),
  }
}
