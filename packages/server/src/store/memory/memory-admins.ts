import type {
  AdminStore,
  StoredAdmin,
  StoredAdminInvite,
  StoredAdminSession,
} from '../admin-store.ts'
import type { StoredEvent, StoredSession, StoredUser } from '../store.ts'

type Rows = {
  readonly users: ReadonlyMap<number, StoredUser>
  readonly userOf: (id: number) => StoredUser | undefined
  readonly sessions: ReadonlyMap<number, StoredSession>
  readonly events: ReadonlyMap<number, StoredEvent>
  readonly record: (event: StoredEvent | undefined) => void
}

/** The part of the store's contract that the operator's console asks for, in memory. */
export function memoryAdmins({ users, userOf, sessions, events, record }: Rows): AdminStore {
  const admins = new Map<number, StoredAdmin>()
  const invites = new Map<string, StoredAdminInvite>()
  const adminSessions = new Map<number, StoredAdminSession>()
  const recovery = new Map<number, Set<string>>()

  const live = () => [...admins.values()].filter(({ ended_at }) => ended_at === null)
  const byName = (name: string) =>
    live().find((each) => each.name.toLowerCase() === name.toLowerCase())

  function mayGo(id: number): 'may' | 'last_owner' | 'not_found' {
    const admin = admins.get(id)
    if (!admin || admin.ended_at !== null) return 'not_found'
    const owners = live().filter(({ role }) => role === 'owner')
    return admin.role === 'owner' && owners.length <= 1 ? 'last_owner' : 'may'
  }

  /** Whether it was there to be used. */
  function spend(admin: StoredAdmin, factor: { totp_step: number } | { recovery: string }) {
    if ('recovery' in factor) return recovery.get(admin.id)?.delete(factor.recovery) ?? false
    if (factor.totp_step <= admin.totp_step) return false
    admin.totp_step = factor.totp_step
    return true
  }

  return {
    addAdminInvite({ invite, event }) {
      invites.set(invite.digest, { ...invite })
      record(event)
      return Promise.resolve()
    },

    findAdminInvite({ digest, now_ms }) {
      const invite = invites.get(digest)
      return Promise.resolve(invite && invite.expires_at > now_ms ? { ...invite } : undefined)
    },

    makeAdmin({ digest, now_ms, admin, recovery: codes, session, event }) {
      const invite = invites.get(digest)
      if (!invite || invite.expires_at <= now_ms) return Promise.resolve('invite_invalid')
      if (byName(admin.name)) return Promise.resolve('name_taken')
      invites.delete(digest)
      admins.set(admin.id, { ...admin, role: invite.role, ended_at: null })
      recovery.set(admin.id, new Set(codes))
      adminSessions.set(session.id, { ...session })
      record(event)
      return Promise.resolve('made')
    },

    findAdminByName(name) {
      const admin = byName(name)
      return Promise.resolve(admin && { ...admin })
    },

    findAdmin(id) {
      const admin = admins.get(id)
      return Promise.resolve(admin && { ...admin })
    },

    listAdmins: () =>
      Promise.resolve(newestFirst(admins, Number.MAX_SAFE_INTEGER).map((each) => ({ ...each }))),

    setAdminRole({ id, role, event }) {
      const may = mayGo(id)
      if (may === 'not_found' || (may === 'last_owner' && role !== 'owner')) {
        return Promise.resolve(may)
      }
      Object.assign(admins.get(id) ?? {}, { role })
      record(event)
      return Promise.resolve('changed')
    },

    endAdmin({ id, now_ms, event }) {
      const may = mayGo(id)
      if (may !== 'may') return Promise.resolve(may)
      Object.assign(admins.get(id) ?? {}, { ended_at: now_ms })
      for (const [key, { admin_id }] of adminSessions)
        if (admin_id === id) adminSessions.delete(key)
      recovery.delete(id)
      record(event)
      return Promise.resolve('ended')
    },

    openAdminSession({ session, factor, event }) {
      const admin = admins.get(session.admin_id)
      if (admin?.ended_at !== null || !spend(admin, factor)) return Promise.resolve('used')
      adminSessions.set(session.id, { ...session })
      record(event)
      return Promise.resolve('opened')
    },

    findAdminSession(id) {
      const session = adminSessions.get(id)
      const admin = session && admins.get(session.admin_id)
      return Promise.resolve(
        session && admin ? { session: { ...session }, admin: { ...admin } } : undefined,
      )
    },

    touchAdminSession({ id, seen_at }) {
      const session = adminSessions.get(id)
      if (session) session.seen_at = Math.max(session.seen_at, seen_at)
      return Promise.resolve()
    },

    endAdminSession({ id, event }) {
      const isThere = adminSessions.delete(id)
      if (isThere) record(event)
      return Promise.resolve(isThere)
    },

    pruneAdmins(before) {
      for (const [id, { expires_at }] of adminSessions) {
        if (expires_at < before) adminSessions.delete(id)
      }
      for (const [digest, { expires_at }] of invites) {
        if (expires_at < before) invites.delete(digest)
      }
      return Promise.resolve()
    },

    listUsers({ nickname, before = Number.MAX_SAFE_INTEGER, limit }) {
      const found =
        nickname === undefined
          ? newestFirst(users, before)
          : [...users.values()]
              .filter((user) => user.nickname?.startsWith(nickname))
              .sort((a, b) => compareBytes(a.nickname ?? '', b.nickname ?? ''))
      return Promise.resolve(found.slice(0, limit).flatMap(({ id }) => userOf(id) ?? []))
    },

    countLiveSessions({ now_ms, most }) {
      const count = [...sessions.values()].filter(
        ({ ended_at, idle_expires_at, expires_at }) =>
          ended_at === null && idle_expires_at > now_ms && expires_at > now_ms,
      ).length
      return Promise.resolve(Math.min(count, most))
    },

    listLatestEvents({ user_id, before = Number.MAX_SAFE_INTEGER, limit }) {
      const found = newestFirst(events, before).filter(
        (event) => user_id === undefined || event.user_id === user_id,
      )
      return Promise.resolve(found.slice(0, limit))
    },
  }
}

function newestFirst<Row extends { readonly id: number }>(
  rows: ReadonlyMap<number, Row>,
  before: number,
): Row[] {
  return [...rows.values()].filter(({ id }) => id < before).sort((a, b) => b.id - a.id)
}

const compareBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
