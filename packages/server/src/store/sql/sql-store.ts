import type { Clock } from '../../clock.ts'
import { countUp } from '../../id.ts'
import type {
  SignInOutcome,
  SignInWrite,
  Store,
  StoredPhone,
  StoredSession,
  StoredUser,
} from '../store.ts'
import { Rollback, type Connection, type Database } from './database.ts'
import { migrations } from './migrations.ts'
import { sqlStatements, type SessionWithUser } from './sql-statements.ts'

/** The {@link Store} contract on SQL. */
export function createSqlStore(database: Database, clock: Clock): Store {
  const { reader, write } = database
  const run = sqlStatements(database.builder)
  const nextId = countUp(clock)

  return {
    async migrate() {
      return { applied: await database.migrate(migrations) }
    },

    async ping() {
      await run.ping(reader, {})
    },

    close: () => database.close(),

    async findUsers({ app_id, wechat, phone }) {
      const [known, union, holder] = await Promise.all([
        wechat ? run.userByOpenid(reader, { app_id, openid: wechat.openid }) : nobody,
        wechat?.unionid && wechat.open_platform
          ? run.userByUnionid(reader, {
              open_platform: wechat.open_platform,
              unionid: wechat.unionid,
            })
          : nobody,
        phone ? reader.executeQuery(run.usersByPhone(phone, app_id)) : nobody,
      ])
      const [byPhone] = holder.rows
      return {
        ...(known.rows[0] && { byOpenid: known.rows[0] }),
        ...(union.rows[0] && { byUnionid: union.rows[0] }),
        ...(byPhone && { byPhone: splitOpenidAndUser(byPhone) }),
        proves: {
          openid: wechat !== null,
          unionid: wechat !== null && wechat.unionid !== null,
          phone: phone !== null,
        },
      }
    },

    signIn: (act) =>
      write<SignInOutcome>(async (on) => {
        const user_id = act.user_id ?? nextId()
        const session_id = nextId()
        if (act.user_id === null) await run.addUser(on, { id: user_id, created_at: act.now_ms })
        const session = await run.addSession(on, {
          id: session_id,
          user_id,
          app_id: act.app_id,
          now_ms: act.now_ms,
          ...act.session,
        })
        if (!session.numAffectedRows) return { outcome: 'user_not_active' }
        if (act.wechat) await holdIdentity(on, act.wechat, user_id, act.now_ms)
        if (act.phone) await holdFirstPhone(on, act.phone, user_id)
        await run.addEvent(on, {
          id: nextId(),
          at: act.now_ms,
          kind: act.event.kind,
          user_id,
          session_id,
          app_id: act.app_id,
          detail: act.event.detail,
        })
        return { outcome: 'signed_in', user_id, session_id }
      }),

    async listIdentities(user_id) {
      const { rows } = await run.identitiesOfUser(reader, { user_id })
      return rows
    },

    linkIdentity: ({ user_id, now_ms, wechat }) =>
      write<'linked' | 'taken'>(async (on) => {
        const { app_id, openid, open_platform, unionid, session_key } = wechat
        const values = { app_id, openid, user_id, session_key, now_ms }
        const { numAffectedRows } = await run.addIdentity(on, values)
        if (!numAffectedRows) return 'taken'
        if (open_platform === null || unionid === null) return 'linked'
        await run.addUnionid(on, { open_platform, unionid, user_id })
        const holder = await run.userByUnionid(on, { open_platform, unionid })
        if (holder.rows[0]?.id !== user_id) throw new Rollback('taken' as const)
        return 'linked'
      }),

    unlinkIdentity: ({ user_id, app_id, now_ms }) =>
      write<'unlinked' | 'last_way_in' | 'not_found'>(async (on) => {
        const { rows } = await run.identitiesOfUser(on, { user_id })
        if (!rows.some((identity) => identity.app_id === app_id)) return 'not_found'
        const user = await run.userById(on, { id: user_id })
        if (rows.length === 1 && user.rows[0]?.phone == null) return 'last_way_in'
        await run.removeIdentity(on, { user_id, app_id })
        await run.endSessionsInApp(on, { user_id, app_id, now_ms, reason: 'unlinked' })
        return 'unlinked'
      }),

    changePhone: ({ user_id, phone }) =>
      write<'changed' | 'taken'>(async (on) => {
        await run.removePhoneIndexes(on, { user_id })
        await run.setPhone(on, { user_id, phone: phone.sealed, phone_index: phone.index })
        await holdPhoneIndexes(on, phone, user_id, 'taken')
        return 'changed'
      }),

    async findPassword(user_id) {
      const { rows } = await run.password(reader, { user_id })
      return rows[0]?.password ?? undefined
    },

    setPassword: ({ user_id, password, replaces }) =>
      write(async (on) => {
        const { numAffectedRows } =
          replaces === null
            ? await run.setFirstPassword(on, { user_id, password })
            : await run.replacePassword(on, { user_id, password, replaces })
        return numAffectedRows ? 'set' : 'not_set'
      }),

    async findSessionKey(key) {
      const { rows } = await run.sessionKey(reader, key)
      return rows[0]?.session_key
    },

    async findUser(id) {
      const { rows } = await run.userById(reader, { id })
      return rows[0]
    },

    setUserStatus: ({ id, status, now_ms }) =>
      write(async (on) => {
        const changed = await run.setStatus(on, { id, status })
        if (!changed.numAffectedRows) return { outcome: 'not_found' }
        if (status === 'active') return { outcome: 'changed', ended: 0 }
        const reason = status === 'disabled' ? 'user_disabled' : 'user_deleted'
        const ended = await run.endSessionsOfUser(on, { user_id: id, keep_id: 0, now_ms, reason })
        return { outcome: 'changed', ended: Number(ended.numAffectedRows) }
      }),

    async findSession(id) {
      const { rows } = await run.sessionWithUser(reader, { id })
      return rows[0] && splitSessionAndUser(rows[0])
    },

    async listSessions(query) {
      const { rows } = await run.liveSessions(reader, query)
      return rows
    },

    rotateSession: (act) =>
      write(async (on) => {
        const { numAffectedRows } = await run.rotate(on, act)
        return numAffectedRows ? 'rotated' : 'not_rotated'
      }),

    endSession: ({ id, user_id, now_ms, reason }) =>
      write(async (on) => {
        const { numAffectedRows } =
          user_id === undefined
            ? await run.endSession(on, { id, now_ms, reason })
            : await run.endSessionOfUser(on, { id, user_id, now_ms, reason })
        return Boolean(numAffectedRows)
      }),

    endOtherSessions: (act) =>
      write(async (on) => Number((await run.endSessionsOfUser(on, act)).numAffectedRows)),

    async listSigningKeys() {
      const { rows } = await run.signingKeys(reader, {})
      return rows
    },

    addSigningKey: (key) =>
      write(async (on) => {
        const { numAffectedRows } = await run.addSigningKey(on, key)
        return numAffectedRows ? 'added' : 'slot_taken'
      }),

    resealSigningKey: (key) =>
      write(async (on) => {
        await run.resealSigningKey(on, key)
      }),
  }

  /**
   * Makes openid and unionid this user's, or undoes the whole sign-in where they have become
   * another's.
   */
  async function holdIdentity(
    on: Connection,
    wechat: NonNullable<SignInWrite['wechat']>,
    user_id: number,
    now_ms: number,
  ) {
    const { app_id, openid, open_platform, unionid, session_key } = wechat
    const values = { app_id, openid, user_id, session_key, now_ms }
    const held =
      wechat.identity === 'known'
        ? await run.touchIdentity(on, values)
        : await run.addIdentity(on, values)
    if (!held.numAffectedRows) throw taken()
    if (!wechat.claim_unionid || open_platform === null || unionid === null) return
    const claimed = await run.addUnionid(on, { open_platform, unionid, user_id })
    if (claimed.numAffectedRows) return
    const holder = await run.userByUnionid(on, { open_platform, unionid })
    if (holder.rows[0]?.id !== user_id) throw taken()
  }

  async function holdFirstPhone(on: Connection, phone: StoredPhone, user_id: number) {
    const values = { user_id, phone: phone.sealed, phone_index: phone.index }
    const set = await run.setFirstPhone(on, values)
    if (!set.numAffectedRows) throw taken()
    await holdPhoneIndexes(on, phone, user_id, { outcome: 'taken' } satisfies SignInOutcome)
  }

  async function holdPhoneIndexes(
    on: Connection,
    { indexes }: StoredPhone,
    user_id: number,
    outcome: unknown,
  ) {
    for (const phone_index of indexes) {
      const added = await run.addPhoneIndex(on, { phone_index, user_id })
      if (!added.numAffectedRows) throw new Rollback(outcome)
    }
  }
}

const nobody = { rows: [] }

const taken = () => new Rollback<SignInOutcome>({ outcome: 'taken' })

function splitOpenidAndUser({ openid, ...user }: StoredUser & { openid: string | null }) {
  return { user, hasIdentityInApp: openid !== null }
}

function splitSessionAndUser(row: SessionWithUser): { session: StoredSession; user: StoredUser } {
  return {
    session: {
      id: row.id,
      user_id: row.user_id,
      app_id: row.app_id,
      generation: row.generation,
      created_at: row.created_at,
      rotated_at: row.rotated_at,
      idle_expires_at: row.idle_expires_at,
      expires_at: row.expires_at,
      ended_at: row.ended_at,
      device: row.device,
    },
    user: {
      id: row.user_id,
      status: row.status,
      nickname: row.nickname,
      avatar_url: row.avatar_url,
      phone: row.phone,
      phone_index: row.phone_index,
      created_at: row.user_created_at,
    },
  }
}
