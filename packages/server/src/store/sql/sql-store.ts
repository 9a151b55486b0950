import type { Clock } from '../../clock.ts'
import { countUp, timeOfId } from '../../id.ts'
import { systemRandom, type Random } from '../../random.ts'
import type {
  EndReason,
  SignInOutcome,
  SignInWrite,
  Store,
  StoredEvent,
  StoredPhone,
  StoredSession,
  StoredUser,
  WechatKey,
} from '../store.ts'
import { Rollback, type Connection, type Database } from './database.ts'
import { dialectOf } from './dialect.ts'
import { eraseUser } from './erase-user.ts'
import { dropClaim, holdClaim, holdPhone } from './hold-phone.ts'
import { gatherMerged, mergeUsers, undoMerge } from './merge-users.ts'
import { migrations } from './migrations.ts'
import { sqlAdmins } from './sql-admins.ts'
import { everyApp, listOf, sqlStatements, type SessionWithUser } from './sql-statements.ts'

type OpenidKey = Pick<WechatKey, 'app_id' | 'openid'>

const nameOpenid = ({ app_id, openid }: OpenidKey) => JSON.stringify([app_id, openid])

type SessionRotation = Parameters<Store['rotateSession']>[0]

/** The {@link Store} contract on SQL. */
export function createSqlStore(
  database: Database,
  clock: Clock,
  random: Random = systemRandom,
): Store {
  const { reader, alone, write, settleMs } = database
  const run = sqlStatements(dialectOf(database))
  const newId = countUp(clock, random)

  const rotateSession = database.inGroups<SessionRotation, StoredSession | 'not_rotated'>({
    keyOf: ({ id }) => id,
    alone: rotateAlone,
    async together(acts) {
      const { rows } = await run.rotateTogether(alone, {
        id: listOf(acts, 'id'),
        generation: listOf(acts, 'generation'),
        now_ms: listOf(acts, 'now_ms'),
        idle_expires_at: listOf(acts, 'idle_expires_at'),
        app_id: listOf(acts, 'app_id'),
      })
      return new Map(rows.map((session) => [session.id, session]))
    },
  })

  const findSessionRow = database.inGroups<{ id: number }, { row: SessionWithUser | undefined }>({
    keyOf: ({ id }) => id,
    alone: async (key) => ({ row: (await run.sessionWithUser(reader, key)).rows[0] }),
    async together(keys) {
      const { rows } = await run.sessionsWithUsers(reader, { id: listOf(keys, 'id') })
      const found = new Map(rows.map((row) => [row.id, row]))
      return new Map(keys.map(({ id }) => [id, { row: found.get(id) }]))
    },
  })

  const findByOpenid = database.inGroups<OpenidKey, { user: StoredUser | undefined }>({
    keyOf: nameOpenid,
    alone: async (key) => ({ user: (await run.userByOpenid(reader, key)).rows[0] }),
    async together(keys) {
      const { rows } = await run.usersByOpenid(reader, {
        app_id: listOf(keys, 'app_id'),
        openid: listOf(keys, 'openid'),
      })
      const found = new Map(
        rows.map(({ app_id, openid, ...user }) => [nameOpenid({ app_id, openid }), user]),
      )
      return new Map(keys.map(nameOpenid).map((name) => [name, { user: found.get(name) }]))
    },
  })

  return {
    ...sqlAdmins(database, record),

    settleMs,

    async migrate() {
      return { applied: await database.migrate(migrations) }
    },

    async ping() {
      await run.ping(reader, {})
    },

    close: () => database.close(),

    newId,

    async findUsers({ app_id, wechat, phone, unverified_phone }) {
      const [known, union, holder, claimant] = await Promise.all([
        wechat ? findByOpenid({ app_id, openid: wechat.openid }) : undefined,
        wechat?.unionid && wechat.open_platform
          ? run.userByUnionid(reader, {
              open_platform: wechat.open_platform,
              unionid: wechat.unionid,
            })
          : nobody,
        phone ? reader.executeQuery(run.usersByPhone(phone, app_id)) : nobody,
        unverified_phone
          ? reader.executeQuery(run.userByUnverifiedPhone(unverified_phone))
          : nobody,
      ])
      const [byPhone] = holder.rows
      const [byUnionid] = union.rows
      const byOpenid = known?.user
      const isNewToUnionidUser = byUnionid !== undefined && byOpenid === undefined
      return {
        ...(byOpenid && { byOpenid }),
        ...(byUnionid && { byUnionid }),
        ...(isNewToUnionidUser &&
          (await isInApp(byUnionid.id, app_id)) && { isUnionidUserInApp: true }),
        ...(byPhone && { byPhone: splitOpenidAndUser(byPhone) }),
        ...(claimant.rows[0] && { byUnverifiedPhone: claimant.rows[0] }),
        proves: {
          openid: wechat !== null,
          unionid: wechat !== null && wechat.unionid !== null,
          phone: phone !== null,
        },
      }
    },

    signIn: (act) =>
      write<SignInOutcome>(async (on) => {
        const { user_id, app_id, now_ms } = act
        if (act.user === 'make') {
          const made = await run.addUser(on, { id: user_id, created_at: now_ms })
          if (!made.numAffectedRows) return 'taken'
        } else await run.holdUser(on, { id: user_id })
        if (act.user === 'restore') await run.restore(on, { id: user_id, now_ms })
        const session = await run.addSession(on, { user_id, app_id, now_ms, ...act.session })
        if (!session.numAffectedRows) throw new Rollback(await whyNoSession(on, user_id))
        if (act.wechat) await holdIdentity(on, act.wechat, user_id, now_ms)
        if (act.phone) await holdFirstPhone(on, act.phone, user_id)
        if (act.unverified) await claimPhone(on, act.unverified, user_id)
        if (act.conflict) {
          const holder = await findHolder(on, act.wechat)
          if (holder !== act.conflict.holder_id) throw taken()
          await run.addConflict(on, { ...act.conflict, user_id, app_id, created_at: now_ms })
        }
        for (const event of act.events) await record(on, event)
        return 'signed_in'
      }),

    async findUser(id) {
      const { rows } = await run.userById(reader, { id })
      return rows[0]
    },

    changeProfile: ({ user_id: id, nickname, avatar, now_ms, event }) =>
      write(async (on) => {
        const [user] = (await run.lockUser(on, { id })).rows
        if (user?.status !== 'active') return undefined
        if (nickname !== undefined) await run.setNickname(on, { id, nickname })
        if (avatar !== undefined) await changeAvatar(on, user, avatar, now_ms)
        await record(on, event)
        return (await run.userById(on, { id })).rows[0]
      }),

    setUserStatus: ({ id, status, now_ms, event }) =>
      write(async (on) => {
        const [user] = (await run.lockUser(on, { id })).rows
        if (user?.status !== 'active' && user?.status !== 'disabled') return 'not_found'
        await run.moveStatus(on, { id, from: user.status, to: status, gone_at: null })
        if (status === 'disabled') await endSessionsOf(on, id, now_ms, 'user_disabled')
        await record(on, event)
        return 'changed'
      }),

    async listIdentities(user_id) {
      const { rows } = await run.identitiesOfUser(reader, { user_id })
      return rows.map(({ open_platform: _, ...identity }) => identity)
    },

    async listUnionids(user_id) {
      const { rows } = await run.unionidsOfUser(reader, { user_id })
      return rows
    },

    async findSessionKey(key) {
      const { rows } = await run.sessionKey(reader, key)
      const session_key = rows[0]?.session_key
      return session_key?.length ? session_key : undefined
    },

    async keepSessionKey({ now_ms: session_key_at, ...write }) {
      const values = { ...write, session_key_at, open_platform: null, unionid: null }
      return Boolean((await run.touchIdentity(alone, values)).numAffectedRows)
    },

    linkIdentity: ({ user_id, now_ms, wechat, event }) =>
      write<'linked' | 'taken' | 'user_not_active'>(async (on) => {
        if (!(await isActive(on, user_id))) return 'user_not_active'
        const { numAffectedRows } = await run.addIdentity(on, { ...wechat, user_id, now_ms })
        if (!numAffectedRows) return 'taken'
        if (!(await holdUnionid(on, wechat, user_id))) throw taken()
        await record(on, event)
        return 'linked'
      }),

    unlinkIdentity: ({ user_id, app_id, now_ms, event }) =>
      write<'unlinked' | 'last_way_in' | 'not_found'>(async (on) => {
        const user = await run.lockUser(on, { id: user_id })
        const { rows } = await run.identitiesOfUser(on, { user_id })
        const unlinked = rows.find((identity) => identity.app_id === app_id)
        if (!unlinked) return 'not_found'
        if (rows.length === 1 && user.rows[0]?.phone == null) return 'last_way_in'
        await run.removeIdentity(on, { user_id, app_id })
        const { open_platform, unionid } = unlinked
        const sharers = rows.filter(
          (each) => each.unionid === unionid && each.open_platform === open_platform,
        )
        if (open_platform !== null && unionid !== null && sharers.length === 1) {
          await run.removeUnionid(on, { open_platform, unionid, user_id })
        }
        await run.endSessionsInApp(on, { user_id, app_id, now_ms, reason: 'unlinked' })
        await record(on, event)
        return 'unlinked'
      }),

    changePhone: ({ user_id, phone, event }) =>
      write<'changed' | 'taken' | 'user_not_active'>(async (on) => {
        if (!(await isActive(on, user_id))) return 'user_not_active'
        if (!(await holdPhone(run, on, phone.indexes, user_id))) throw taken()
        await run.setPhone(on, { user_id, phone: phone.sealed, phone_index: phone.index })
        await record(on, event)
        return 'changed'
      }),

    async findUnverifiedPhone(user_id) {
      const [row] = (await run.unverifiedPhone(reader, { user_id })).rows
      if (row?.unverified_phone == null || row.unverified_phone_index === null) return undefined
      return { phone: row.unverified_phone, phone_index: row.unverified_phone_index }
    },

    async findPassword(user_id) {
      const { rows } = await run.password(reader, { user_id })
      return rows[0]?.password ?? undefined
    },

    setPassword: ({ user_id, password, replaces, event }) =>
      write(async (on) => {
        if (!(await isActive(on, user_id))) return 'not_set'
        const { numAffectedRows } =
          replaces === null
            ? await run.setFirstPassword(on, { user_id, password })
            : await run.replacePassword(on, { user_id, password, replaces })
        if (!numAffectedRows) return 'not_set'
        await record(on, event)
        return 'set'
      }),

    withdrawData: ({ user_id, event, ...what }) =>
      write(async (on) => {
        await run.lockUser(on, { id: user_id })
        for (const id of await gatherMerged(run, on, user_id)) {
          const [user] = (await run.userById(on, { id })).rows
          if (!user) return
          await withdraw(on, user, what)
        }
        await record(on, event)
      }),

    async addLooseBlob(blob) {
      await run.addLooseBlob(alone, blob)
    },

    async listLooseBlobs(query) {
      const { rows } = await run.looseBlobs(reader, query)
      return rows.map(({ name }) => name)
    },

    async removeLooseBlob(name) {
      await run.removeLooseBlob(alone, { name })
    },

    async findPreferences(user_id) {
      const { rows } = await run.preferences(reader, { user_id })
      return rows[0]
    },

    setPreferences: (act) =>
      write(async (on) => {
        if (!(await isActive(on, act.user_id))) return 'changed'
        const { numAffectedRows } =
          act.replaces === 0
            ? await run.addPreferences(on, act)
            : await run.replacePreferences(on, act)
        return numAffectedRows ? 'set' : 'changed'
      }),

    deleteUser: ({ id, now_ms, gone_at, event }) =>
      write(async (on) => {
        const [user] = (await run.lockUser(on, { id })).rows
        if (!user || !mayDelete(user, gone_at)) return 'not_found'
        if (user.status !== 'deleted') await run.setStatusBefore(on, user)
        await run.moveStatus(on, { id, from: user.status, to: 'deleted', gone_at })
        await endSessionsOf(on, id, now_ms, 'user_deleted')
        await record(on, event)
        return 'deleted'
      }),

    restoreUser: ({ id, now_ms, event }) =>
      write(async (on) => {
        const { numAffectedRows } = await run.restore(on, { id, now_ms })
        if (!numAffectedRows) return 'not_found'
        await record(on, event)
        return 'restored'
      }),

    async listGoneUsers(query) {
      const { rows } = await run.goneUsers(reader, query)
      return rows
    },

    eraseUser: ({ event, ...act }) =>
      write(async (on) => {
        if (!(await eraseUser(run, on, act))) return false
        await record(on, event)
        return true
      }),

    async listConflicts({ after = 0, limit }) {
      const { rows } = await run.conflicts(reader, { after, limit })
      return rows
    },

    async hasConflict(pair) {
      const { rows } = await run.conflictOf(reader, pair)
      return rows.length > 0
    },

    dismissConflict: ({ event, ...act }) =>
      write(async (on) => {
        if (!(await run.dismissConflict(on, act)).numAffectedRows) return false
        await record(on, event)
        return true
      }),

    mergeUsers: ({ event, ...act }) =>
      write(async (on) => {
        const outcome = await mergeUsers(run, on, act)
        if (outcome === 'merged') await record(on, event)
        return outcome
      }),

    async listMerges({ after = 0, limit }) {
      const { rows } = await run.merges(reader, { after, limit })
      return rows
    },

    undoMerge: ({ event, ...act }) =>
      write(async (on) => {
        const outcome = await undoMerge(run, on, act)
        if (outcome === 'undone') await record(on, event)
        return outcome
      }),

    async findSession(id) {
      const { row } = await findSessionRow({ id })
      return row && splitSessionAndUser(row)
    },

    async listPastSessions(user_id) {
      const { rows } = await run.sessionsOfUser(reader, { user_id })
      return rows
    },

    async listSessions(query) {
      const { rows } = await run.liveSessions(reader, query)
      return rows
    },

    rotateSession,

    async endSession({ event, ...act }) {
      if (!event) return end(alone, act)
      return write(async (on) => {
        if (!(await end(on, act))) return false
        await record(on, event)
        return true
      })
    },

    endOtherSessions: ({ event, ...act }) =>
      write(async (on) => {
        await run.lockUser(on, { id: act.user_id })
        const ended = Number((await run.endSessionsOfUser(on, act)).numAffectedRows)
        if (ended > 0) await record(on, event)
        return ended
      }),

    addEvent: (event) => write((on) => record(on, event)),

    async listEvents({ user_id, after = 0, limit }) {
      const { rows } =
        user_id === undefined
          ? await run.events(reader, { after, limit })
          : await run.eventsOfUser(reader, { user_id, after, limit })
      return rows
    },

    pruneSessions: ({ after, before, limit }) =>
      write(async (on) => {
        const last = (await run.sessionIds(on, { after, limit })).rows.at(-1)?.id
        if (last !== undefined) await run.removePastSessions(on, { after, last, before })
        return last
      }),

    pruneEvents: ({ before, limit }) =>
      write(async (on) => {
        const { rows } = await run.oldestEvents(on, { limit })
        // Ids grow with time, but for the clocks of two processes.
        const last = rows.filter(({ at }) => at < before).at(-1)?.id
        if (last === undefined) return 0
        return Number((await run.removeEventsTo(on, { last, before })).numAffectedRows)
      }),

    async readCursor(name) {
      const { rows } = await run.cursor(reader, { name })
      return rows[0]?.position
    },

    async moveCursor({ name, from, to }) {
      const { numAffectedRows } =
        from === undefined
          ? await run.addCursor(alone, { name, to })
          : await run.moveCursor(alone, { name, from, to })
      return Boolean(numAffectedRows)
    },

    async listSigningKeys() {
      const { rows } = await run.signingKeys(reader, {})
      return rows
    },

    async addSigningKey(key) {
      const { numAffectedRows } = await run.addSigningKey(alone, key)
      return numAffectedRows ? 'added' : 'slot_taken'
    },

    promoteSigningKey: ({ kid, replaces, now_ms, event }) =>
      write<'promoted' | 'not_promoted'>(async (on) => {
        // Only this verb fills `previous`, and of two at once one finds `replaces` still current.
        if ((await run.previousSigningKey(on, {})).rows[0]) return 'not_promoted'
        // In this order no two are in one slot.
        const demoted = await run.demoteSigningKey(on, { kid: replaces, now_ms, sealed: noKey })
        if (!demoted.numAffectedRows) return 'not_promoted'
        const promoted = await run.promoteSigningKey(on, { kid, now_ms })
        if (!promoted.numAffectedRows) throw new Rollback('not_promoted')
        await record(on, event)
        return 'promoted'
      }),

    retireSigningKey: ({ kid, event }) =>
      write(async (on) => {
        const { numAffectedRows } = await run.removeSigningKey(on, { kid, slot: 'previous' })
        if (!numAffectedRows) return false
        await record(on, event)
        return true
      }),

    replaceSigningKeys: ({ replaces, key, event }) =>
      write<'replaced' | 'not_replaced'>(async (on) => {
        const removed = await run.removeSigningKey(on, { kid: replaces, slot: 'current' })
        if (!removed.numAffectedRows) return 'not_replaced'
        await run.removeSigningKeys(on, {})
        await run.addSigningKey(on, key)
        await record(on, event)
        return 'replaced'
      }),

    async resealSigningKey(key) {
      await run.resealSigningKey(alone, key)
    },
    async findMergedInto(from_id) {
      const { rows } = await run.mergeOf(reader, { from_id })
      return rows[0]?.into_id
    },

    addCredential: ({ credential, event }) =>
      write(async (on) => {
        await run.addCredential(on, credential)
        await record(on, event)
      }),

    async findCredential(id) {
      const { rows } = await run.credential(reader, { id })
      return rows[0]
    },

    async listCredentials() {
      const { rows } = await run.credentials(reader, {})
      return rows
    },

    rotateCredential: ({ event, ...act }) =>
      write(async (on) => {
        if (!(await run.rotateCredential(on, act)).numAffectedRows) return 'not_rotated'
        await record(on, event)
        return 'rotated'
      }),

    endCredential: ({ event, ...act }) =>
      write(async (on) => {
        if (!(await run.endCredential(on, act)).numAffectedRows) return false
        await record(on, event)
        return true
      }),

    endPreviousSecret: ({ event, ...act }) =>
      write(async (on) => {
        if (!(await run.endPreviousSecret(on, act)).numAffectedRows) return false
        await record(on, event)
        return true
      }),

    noteCredentialUse: (use) => write(async (on) => void (await run.noteCredentialUse(on, use))),

    async listEndedSessions(query) {
      const { rows } = await run.endedSessions(reader, query)
      return rows
    },

    addCutoff: ({ app_id, at, event }) =>
      write(async (on) => {
        const cutoff = { app_id: app_id ?? everyApp, at }
        const { numAffectedRows } = await run.addCutoff(on, cutoff)
        if (!numAffectedRows) await run.moveCutoff(on, cutoff)
        await record(on, event)
      }),

    async listCutoffs() {
      const { rows } = await run.cutoffs(reader, {})
      return rows.map(({ app_id, at }) => ({ app_id: app_id === everyApp ? null : app_id, at }))
    },

    endCutSessions: ({ app_id, at, after, limit }) =>
      write(async (on) => {
        const last = (await run.sessionIds(on, { after, limit })).rows.at(-1)?.id
        if (last === undefined) return undefined
        const cut = { after, last, at, reason: 'ended_by_operator' } as const
        await (app_id === null
          ? run.endCutSessions(on, cut)
          : run.endCutSessionsInApp(on, { ...cut, app_id }))
        return last
      }),
  }

  async function rotateAlone({
    app_id,
    ...act
  }: SessionRotation): Promise<StoredSession | 'not_rotated'> {
    const rotated =
      app_id === undefined ? run.rotate(alone, act) : run.rotateInApp(alone, { ...act, app_id })
    const { rows, numAffectedRows } = await rotated
    if (rows[0]) return rows[0]
    if (!numAffectedRows) return 'not_rotated'
    const [session] = (await run.session(reader, { id: act.id })).rows
    // Whoever came since has rotated it further, or ended it; this is what this call left.
    const { generation, now_ms: rotated_at } = act
    return session ? { ...session, generation: generation + 1, rotated_at } : 'not_rotated'
  }

  /** Asked in the transaction that gives them something: nothing may lead to who has left. */
  async function isActive(on: Connection, id: number): Promise<boolean> {
    return (await run.lockUser(on, { id })).rows[0]?.status === 'active'
  }

  async function isInApp(user_id: number, app_id: string): Promise<boolean> {
    const { rows } = await run.identitiesOfUser(reader, { user_id })
    return rows.some((identity) => identity.app_id === app_id)
  }

  /** With another number than its own, where that is somebody else's or too old to come now. */
  async function record(on: Connection, event: StoredEvent | undefined) {
    if (!event) return
    let id = event.id
    let at = event.at
    if (clock.now() - timeOfId(id) > settleMs / 5) {
      id = newId()
      at = Math.max(at, clock.now())
    }
    while (!(await run.addEvent(on, { ...event, id, at })).numAffectedRows) id = newId()
  }

  async function end(
    on: Connection,
    { user_id, ...act }: { id: number; user_id?: number; now_ms: number; reason: EndReason },
  ): Promise<boolean> {
    const { numAffectedRows } =
      user_id === undefined
        ? await run.endSession(on, act)
        : await run.endSessionOfUser(on, { ...act, user_id })
    return Boolean(numAffectedRows)
  }

  /**
   * Of two processes that gave one id to two sessions, of a user to whom nothing leads any more, or
   * of one who may not come in.
   */
  async function whyNoSession(on: Connection, user_id: number): Promise<SignInOutcome> {
    const [{ status } = { status: 'merged' }] = (await run.lockUser(on, { id: user_id })).rows
    return status === 'active' || status === 'merged' ? 'taken' : 'user_not_active'
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
    const { session_key, identity, claim_unionid, ...key } = wechat
    const session_key_at = session_key === null ? null : now_ms
    const held =
      identity === 'known'
        ? await run.touchIdentity(on, { ...key, user_id, session_key, session_key_at })
        : await run.addIdentity(on, { ...key, user_id, session_key: session_key ?? noKey, now_ms })
    if (!held.numAffectedRows) throw taken()
    if (claim_unionid && !(await holdUnionid(on, key, user_id))) throw taken()
  }

  /** @returns Whether it is this user's now, or there is none. */
  async function holdUnionid(
    on: Connection,
    { open_platform, unionid }: Pick<WechatKey, 'open_platform' | 'unionid'>,
    user_id: number,
  ): Promise<boolean> {
    if (open_platform === null || unionid === null) return true
    const claimed = await run.addUnionid(on, { open_platform, unionid, user_id })
    if (claimed.numAffectedRows) return true
    return (await findHolder(on, { open_platform, unionid })) === user_id
  }

  async function findHolder(
    on: Connection,
    wechat: Pick<WechatKey, 'open_platform' | 'unionid'> | null,
  ): Promise<number | undefined> {
    const { open_platform = null, unionid = null } = wechat ?? {}
    if (open_platform === null || unionid === null) return undefined
    const { rows } = await run.lockUnionid(on, { open_platform, unionid })
    return rows[0]?.user_id
  }

  async function changeAvatar(
    on: Connection,
    { id, avatar: old }: StoredUser,
    avatar: string | null,
    now_ms: number,
  ) {
    if (old !== null) await run.addLooseBlob(on, { name: old, at: now_ms })
    // Last: it may be the one that the user has.
    if (avatar !== null) await run.removeLooseBlob(on, { name: avatar })
    await run.setAvatar(on, { id, avatar })
  }

  async function withdraw(
    on: Connection,
    user: StoredUser,
    what: { nickname: boolean; avatar: boolean; phone: boolean; now_ms: number },
  ) {
    const { id: user_id } = user
    if (what.nickname) await run.setNickname(on, { id: user_id, nickname: null })
    if (what.avatar) await changeAvatar(on, user, null, what.now_ms)
    if (!what.phone) return
    await run.removePhoneIndexes(on, { user_id })
    await run.setPhone(on, { user_id, phone: null, phone_index: null })
    await dropClaim(run, on, user_id)
    await run.setPasswordAnyhow(on, { user_id, password: null })
  }

  async function holdFirstPhone(on: Connection, phone: StoredPhone, user_id: number) {
    const values = { user_id, phone: phone.sealed, phone_index: phone.index }
    const set = await run.setFirstPhone(on, values)
    if (!set.numAffectedRows) throw taken()
    if (!(await holdPhone(run, on, phone.indexes, user_id))) throw taken()
  }

  async function claimPhone(
    on: Connection,
    { phone, password }: NonNullable<SignInWrite['unverified']>,
    user_id: number,
  ) {
    if (!(await holdClaim(run, on, phone.indexes, user_id))) throw taken()
    const values = { user_id, phone: phone.sealed, phone_index: phone.index }
    await run.setUnverifiedPhone(on, values)
    await run.setPasswordAnyhow(on, { user_id, password })
  }

  async function endSessionsOf(on: Connection, user_id: number, now_ms: number, reason: EndReason) {
    await run.endSessionsOfUser(on, { user_id, keep_id: 0, now_ms, reason })
  }
}

const nobody = { rows: [] }

/** Of an identity that came without one. */
const noKey = new Uint8Array()

const taken = () => new Rollback('taken' as const)

function mayDelete(user: StoredUser, gone_at: number): boolean {
  const isSooner = user.status === 'deleted' && user.gone_at !== null && gone_at < user.gone_at
  return user.status === 'active' || user.status === 'disabled' || isSooner
}

function splitOpenidAndUser({ openid, ...user }: StoredUser & { openid: string | null }) {
  return { user, hasIdentityInApp: openid !== null }
}

function cutAt({ cut_at, created_at }: SessionWithUser): number | null {
  return cut_at !== null && cut_at > created_at ? cut_at : null
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
      ended_at: row.ended_at ?? cutAt(row),
      device: row.device,
    },
    user: {
      id: row.user_id,
      status: row.status,
      nickname: row.nickname,
      avatar: row.avatar,
      phone: row.phone,
      phone_index: row.phone_index,
      created_at: row.user_created_at,
      gone_at: row.gone_at,
    },
  }
}
