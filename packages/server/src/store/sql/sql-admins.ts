import type { AdminStore, StoredAdmin } from '../admin-store.ts'
import type { StoredEvent } from '../store.ts'
import { adminStatements, type SessionWithAdmin } from './admin-statements.ts'
import { Rollback, type Connection, type Database } from './database.ts'
import { dialectOf } from './dialect.ts'

/**
 * The part of the store's contract that the operator's console asks for, on SQL.
 *
 * @param record Writes an event in the transaction of its act.
 */
export function sqlAdmins(
  database: Database,
  record: (on: Connection, event: StoredEvent | undefined) => Promise<void>,
): AdminStore {
  const { reader, write } = database
  const run = adminStatements(dialectOf(database))

  /** Whether an owner may be one no longer. Nobody else changes owners until this is done. */
  async function mayGo(on: Connection, id: number): Promise<'may' | 'last_owner' | 'not_found'> {
    const owners = Number((await run.holdOwners(on, {})).numAffectedRows ?? 0n)
    const [admin] = (await run.admin(on, { id })).rows
    if (!admin || admin.ended_at !== null) return 'not_found'
    return admin.role === 'owner' && owners <= 1 ? 'last_owner' : 'may'
  }

  return {
    addAdminInvite: ({ invite, event }) =>
      write(async (on) => {
        await run.addInvite(on, invite)
        await record(on, event)
      }),

    async findAdminInvite(query) {
      return (await run.invite(reader, query)).rows[0]
    },

    makeAdmin: ({ digest, now_ms, admin, recovery, session, event }) =>
      write<'made' | 'invite_invalid' | 'name_taken'>(async (on) => {
        const [invite] = (await run.invite(on, { digest, now_ms })).rows
        // Of those who race, one removes it.
        if (!invite || !(await run.removeInvite(on, { digest })).numAffectedRows) {
          return 'invite_invalid'
        }
        const { role } = invite
        const made = await run.addAdmin(on, { ...admin, role, name_key: nameKey(admin.name) })
        if (!made.numAffectedRows) throw new Rollback('name_taken' as const)
        for (const code of recovery) await run.addRecovery(on, { admin_id: admin.id, digest: code })
        const opened = await run.addSession(on, session)
        if (!opened.numAffectedRows) throw new Error('an administrator’s session has this id')
        await record(on, event)
        return 'made'
      }),

    async findAdminByName(name) {
      return (await run.adminByName(reader, { name_key: nameKey(name) })).rows[0]
    },

    async findAdmin(id) {
      return (await run.admin(reader, { id })).rows[0]
    },

    async listAdmins() {
      return (await run.admins(reader, {})).rows
    },

    setAdminRole: ({ id, role, event }) =>
      write(async (on) => {
        const may = await mayGo(on, id)
        if (may === 'not_found' || (may === 'last_owner' && role !== 'owner')) return may
        await run.setRole(on, { id, role })
        await record(on, event)
        return 'changed'
      }),

    endAdmin: ({ id, now_ms, event }) =>
      write(async (on) => {
        const may = await mayGo(on, id)
        if (may !== 'may') return may
        await run.endAdmin(on, { id, now_ms })
        await run.removeSessionsOf(on, { admin_id: id })
        await run.removeRecoveries(on, { admin_id: id })
        await record(on, event)
        return 'ended'
      }),

    openAdminSession: ({ session, factor, event }) =>
      write<'opened' | 'used'>(async (on) => {
        const id = session.admin_id
        const used =
          'recovery' in factor
            ? await run.useRecovery(on, { admin_id: id, digest: factor.recovery })
            : await run.useStep(on, { id, totp_step: factor.totp_step })
        if (!used.numAffectedRows) return 'used'
        const opened = await run.addSession(on, session)
        if (!opened.numAffectedRows) throw new Error('an administrator’s session has this id')
        await record(on, event)
        return 'opened'
      }),

    async findAdminSession(id) {
      const [row] = (await run.sessionWithAdmin(reader, { id })).rows
      return row && splitSessionAndAdmin(row)
    },

    touchAdminSession: (touch) => write(async (on) => void (await run.touchSession(on, touch))),

    endAdminSession: ({ id, event }) =>
      write(async (on) => {
        if (!(await run.removeSession(on, { id })).numAffectedRows) return false
        await record(on, event)
        return true
      }),

    pruneAdmins: (before) =>
      write(async (on) => {
        await run.removePastSessions(on, { before })
        await run.removePastInvites(on, { before })
      }),

    async listUsers({ nickname, before = Number.MAX_SAFE_INTEGER, limit }) {
      const { rows } =
        nickname === undefined
          ? await run.newestUsers(reader, { before, limit })
          : await run.usersByNickname(reader, {
              from: nickname,
              to: `${nickname}\u{10ffff}`,
              limit,
            })
      return rows
    },

    async countLiveSessions(query) {
      const [row] = (await run.liveSessions(reader, query)).rows
      return row?.live ?? 0
    },

    async listLatestEvents({ user_id, before = Number.MAX_SAFE_INTEGER, limit }) {
      const { rows } =
        user_id === undefined
          ? await run.latestEvents(reader, { before, limit })
          : await run.latestEventsOfUser(reader, { user_id, before, limit })
      return rows
    },
  }
}

const nameKey = (name: string) => name.toLowerCase()

function splitSessionAndAdmin({
  session_id,
  admin_id,
  seen_at,
  expires_at,
  ...rest
}: SessionWithAdmin) {
  const admin: StoredAdmin = rest
  return { session: { id: session_id, admin_id, seen_at, expires_at }, admin }
}
