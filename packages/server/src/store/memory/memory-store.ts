import type { Clock } from '../../clock.ts'
import { countUp } from '../../id.ts'
import { systemRandom, type Random } from '../../random.ts'
import type {
  Cutoff,
  EndReason,
  SignInWrite,
  Store,
  StoredConflict,
  StoredCredential,
  StoredEvent,
  StoredMerge,
  StoredPhone,
  StoredPreferences,
  StoredSession,
  StoredSigningKey,
  StoredUser,
  UserStatus,
  WechatKey,
} from '../store.ts'
import { memoryAdmins } from './memory-admins.ts'

type Identity = {
  user_id: number
  app_id: string
  openid: string
  session_key: Uint8Array
  created_at: number
  /** The unionid that last came with it. */
  union: string | undefined
}

type User = StoredUser & {
  password?: string
  unverified?: { phone: Uint8Array; phone_index: string }
  /** Of a deleted one: what it is again when that is taken back. */
  status_before?: UserStatus
}

type Session = StoredSession & { end_reason: EndReason | null }

/** What a merge took from one user, for giving it back. */
type Taken = {
  identities: readonly string[]
  unionids: readonly string[]
  phoneIndexes: readonly string[]
  phone: 'moved' | 'freed' | 'none'
  /** Of a number that was claimed without proof: it does not go along. */
  claimIndexes: readonly string[]
  password: boolean
  nickname: boolean
  /** The picture goes along: a blob has one user. */
  avatar: string | null
  preferences: boolean
}

/**
 * The {@link Store} contract in this process's memory, for tests and trials: nothing survives the
 * process. Every verb runs in one turn of the event loop, which is what makes it atomic.
 */
export function createMemoryStore(clock: Clock, random: Random = systemRandom): Store {
  const users = new Map<number, User>()
  const identities = new Map<string, Identity>()
  const unionids = new Map<string, number>()
  const phoneIndexes = new Map<string, number>()
  const unverifiedIndexes = new Map<string, number>()
  const looseBlobs = new Map<string, number>()
  const preferences = new Map<number, StoredPreferences>()
  const conflicts = new Map<number, StoredConflict & { dismissed_at: number | null }>()
  const merges = new Map<number, StoredMerge & { taken: Taken }>()
  const sessions = new Map<number, Session>()
  const events = new Map<number, StoredEvent>()
  const cursors = new Map<string, number>()
  let lastEventId = 0
  const signingKeys = new Map<string, StoredSigningKey>()
  const credentials = new Map<number, StoredCredential>()
  const cutoffs = new Map<string | null, Cutoff>()

  const openidKey = ({ app_id, openid }: Pick<WechatKey, 'app_id' | 'openid'>) =>
    `${app_id}/${openid}`
  const unionidKey = ({ open_platform, unionid }: Pick<WechatKey, 'open_platform' | 'unionid'>) =>
    open_platform === null || unionid === null
      ? undefined
      : JSON.stringify([open_platform, unionid])

  const userOf = (id: number | undefined): StoredUser | undefined => {
    const user = id === undefined ? undefined : users.get(id)
    if (!user) return undefined
    const { password: _, unverified: __, status_before: ___, ...shown } = user
    return shown
  }

  const identitiesOf = (user_id: number) =>
    [...identities.values()]
      .filter((each) => each.user_id === user_id)
      .sort((a, b) => a.created_at - b.created_at || a.app_id.localeCompare(b.app_id))
  const hasIdentity = (user_id: number, app_id: string) =>
    identitiesOf(user_id).some((each) => each.app_id === app_id)
  const keysOf = <Key>(map: ReadonlyMap<Key, number>, user_id: number) =>
    [...map].filter(([, holder]) => holder === user_id).map(([key]) => key)
  const move = <Key>(map: Map<Key, number>, keys: readonly Key[], from: number, to: number) => {
    for (const key of keys) if (map.get(key) === from) map.set(key, to)
  }

  /** Above all that could be read before: whoever walks the log by number has it still ahead. */
  function record(event: StoredEvent | undefined) {
    if (!event) return
    lastEventId = Math.max(event.id, lastEventId + 1)
    events.set(lastEventId, { ...event, id: lastEventId })
  }

  /**
   * Whether a sign-in would take nobody's openid, unionid or phone, and no second of the user's
   * own; and its conflict is with whoever holds the unionid.
   */
  function isFree({ user_id, app_id, wechat, phone, unverified, conflict }: SignInWrite) {
    const identity = wechat ? identities.get(openidKey(wechat)) : undefined
    const isIdentityFree =
      wechat === null ||
      (wechat.identity === 'known'
        ? identity?.user_id === user_id
        : !identity && !hasIdentity(user_id, app_id))
    const union = wechat ? unionidKey(wechat) : undefined
    const holder = union === undefined ? undefined : unionids.get(union)
    const isUnionFree = !wechat?.claim_unionid || (holder ?? user_id) === user_id
    const isConflictTrue = !conflict || conflict.holder_id === holder
    const isPhoneFree =
      phone === null ||
      (!users.get(user_id)?.phone && !phone.indexes.some((index) => phoneIndexes.has(index)))
    const isClaimFree =
      !unverified ||
      !unverified.phone.indexes.some(
        (index) => phoneIndexes.has(index) || unverifiedIndexes.has(index),
      )
    return isIdentityFree && isUnionFree && isConflictTrue && isPhoneFree && isClaimFree
  }

  function holdPhone(user_id: number, { indexes, index, sealed }: StoredPhone) {
    holdPhoneIndexes(user_id, indexes)
    Object.assign(users.get(user_id) ?? {}, { phone: sealed, phone_index: index })
  }

  /** The number is proven now: whoever claimed it before loses it, and so its password. */
  function holdPhoneIndexes(user_id: number, indexes: readonly string[]) {
    const claimants = indexes.map((each) => unverifiedIndexes.get(each))
    for (const claimant of claimants) {
      if (claimant === undefined || claimant === user_id) continue
      dropUnverifiedPhone(claimant)
      delete users.get(claimant)?.password
    }
    dropUnverifiedPhone(user_id)
    for (const each of indexes) phoneIndexes.set(each, user_id)
  }

  function dropPhone(user_id: number) {
    for (const index of keysOf(phoneIndexes, user_id)) phoneIndexes.delete(index)
    Object.assign(users.get(user_id) ?? {}, { phone: null, phone_index: null })
  }

  function dropUnverifiedPhone(user_id: number) {
    for (const index of keysOf(unverifiedIndexes, user_id)) unverifiedIndexes.delete(index)
    delete users.get(user_id)?.unverified
  }

  /** When a session ended, by its own end or by a cutoff. */
  function endOf({ app_id, created_at, ended_at }: StoredSession): number | null {
    if (ended_at !== null) return ended_at
    const at = Math.max(cutoffs.get(app_id)?.at ?? 0, cutoffs.get(null)?.at ?? 0)
    return at > created_at ? at : null
  }

  const isLive = (session: StoredSession, now_ms: number) =>
    endOf(session) === null && session.idle_expires_at > now_ms && session.expires_at > now_ms

  function end(matches: (session: StoredSession) => boolean, now_ms: number, reason: EndReason) {
    let ended = 0
    for (const session of sessions.values()) {
      if (session.ended_at !== null || !matches(session)) continue
      Object.assign(session, { ended_at: now_ms, end_reason: reason })
      ended++
    }
    return ended
  }

  /** @returns Whether the user is one of these now. */
  function moveStatus(
    id: number,
    from: readonly UserStatus[],
    to: UserStatus,
    gone_at: number | null = null,
  ) {
    const user = users.get(id)
    if (!user || !from.includes(user.status)) return false
    Object.assign(user, { status: to, gone_at })
    return true
  }

  const isActive = (id: number) => users.get(id)?.status === 'active'

  const isGone = (user: StoredUser, now_ms: number) =>
    user.gone_at !== null && user.gone_at <= now_ms

  function restore(id: number, now_ms: number) {
    const user = users.get(id)
    if (!user || isGone(user, now_ms)) return false
    return moveStatus(id, ['deleted'], user.status_before ?? 'active')
  }

  /** This user, and who was merged into them, by whatever way. */
  function gatherMerged(id: number): readonly number[] {
    const all = [id]
    // A chain of merges ends, because nobody is merged twice.
    for (const into of all) {
      for (const { from_id, into_id, undone_at } of merges.values()) {
        if (into_id === into && undone_at === null) all.push(from_id)
      }
    }
    return all
  }

  function removeConflictsOf(user_id: number) {
    for (const { id, user_id: one, holder_id: other } of conflicts.values()) {
      if (one === user_id || other === user_id) conflicts.delete(id)
    }
  }

  function removeRowsOf(user_id: number, now_ms: number) {
    const { avatar = null } = users.get(user_id) ?? {}
    if (avatar !== null) looseBlobs.set(avatar, now_ms)
    for (const identity of identitiesOf(user_id)) identities.delete(openidKey(identity))
    for (const union of keysOf(unionids, user_id)) unionids.delete(union)
    dropPhone(user_id)
    dropUnverifiedPhone(user_id)
    preferences.delete(user_id)
    removeConflictsOf(user_id)
    for (const { id, from_id, into_id } of merges.values()) {
      if (from_id === user_id || into_id === user_id) merges.delete(id)
    }
    for (const session of sessions.values()) {
      if (session.user_id === user_id) sessions.delete(session.id)
    }
    users.delete(user_id)
  }

  /** Gives `into` what it has not itself. @returns What that was. */
  function take(from: User, into: User): Taken {
    const phoneIndexesOfFrom = keysOf(phoneIndexes, from.id)
    const taken: Taken = {
      identities: identitiesOf(from.id).map(openidKey),
      unionids: keysOf(unionids, from.id),
      phoneIndexes: phoneIndexesOfFrom,
      claimIndexes: keysOf(unverifiedIndexes, from.id),
      phone: from.phone === null ? 'none' : into.phone === null ? 'moved' : 'freed',
      password: into.password === undefined && from.password !== undefined,
      nickname: into.nickname === null && from.nickname !== null,
      avatar: into.avatar === null ? from.avatar : null,
      preferences: !preferences.has(into.id) && preferences.has(from.id),
    }
    for (const key of taken.identities)
      Object.assign(identities.get(key) ?? {}, { user_id: into.id })
    move(unionids, taken.unionids, from.id, into.id)
    if (taken.phone === 'moved') {
      move(phoneIndexes, phoneIndexesOfFrom, from.id, into.id)
      Object.assign(into, { phone: from.phone, phone_index: from.phone_index })
    } else for (const index of phoneIndexesOfFrom) phoneIndexes.delete(index)
    for (const index of taken.claimIndexes) unverifiedIndexes.delete(index)
    if (taken.password && from.password !== undefined) into.password = from.password
    if (taken.nickname) into.nickname = from.nickname
    if (taken.avatar !== null) moveAvatar(from, into)
    if (taken.preferences) movePreferences(from.id, into.id)
    return taken
  }

  function moveAvatar(from: User, into: User) {
    into.avatar = from.avatar
    from.avatar = null
  }

  function changeAvatar(user: User, avatar: string | null, now_ms: number) {
    if (user.avatar !== null) looseBlobs.set(user.avatar, now_ms)
    // Last: it may be the one that the user has.
    if (avatar !== null) looseBlobs.delete(avatar)
    user.avatar = avatar
  }

  function movePreferences(from_id: number, into_id: number) {
    const moved = preferences.get(from_id)
    if (!moved) return
    preferences.delete(from_id)
    preferences.set(into_id, moved)
  }

  /** What was changed or removed since stays so. */
  function giveBack(from: User, into: User, taken: Taken) {
    for (const key of taken.identities) {
      const identity = identities.get(key)
      if (identity?.user_id === into.id) identity.user_id = from.id
    }
    move(unionids, taken.unionids, into.id, from.id)
    if (from.phone === null) {
      // It was withdrawn since.
    } else if (taken.phone === 'moved' && into.phone_index === from.phone_index) {
      move(phoneIndexes, taken.phoneIndexes, into.id, from.id)
      Object.assign(into, { phone: null, phone_index: null })
    } else {
      if (taken.phoneIndexes.some((index) => phoneIndexes.has(index))) dropPhone(from.id)
      else holdPhoneIndexes(from.id, taken.phoneIndexes)
    }
    if (taken.password && into.password === from.password) delete into.password
    giveBackClaim(from, taken.claimIndexes)
    if (taken.nickname && into.nickname === from.nickname) into.nickname = null
    if (taken.avatar !== null && into.avatar === taken.avatar) moveAvatar(into, from)
    if (taken.preferences) movePreferences(into.id, from.id)
  }

  /** The number that somebody claimed, if nobody has proven or claimed it since. */
  function giveBackClaim(user: User, indexes: readonly string[]) {
    if (!user.unverified) return
    if (indexes.some((index) => phoneIndexes.has(index) || unverifiedIndexes.has(index))) {
      dropUnverifiedPhone(user.id)
      delete user.password
    } else for (const index of indexes) unverifiedIndexes.set(index, user.id)
  }

  return {
    ...memoryAdmins({ users, userOf, sessions, events, record }),

    migrate: () => Promise.resolve({ applied: [] }),
    ping: () => Promise.resolve(),
    close: () => Promise.resolve(),
    settleMs: 2000,
    newId: countUp(clock, random),

    findUsers({ app_id, wechat, phone, unverified_phone = [] }) {
      const byOpenid = wechat && userOf(identities.get(openidKey(wechat))?.user_id)
      const byUnionid = wechat && userOf(unionids.get(unionidKey(wechat) ?? ''))
      const holder = phone && userOf(phone.map((index) => phoneIndexes.get(index)).find(Boolean))
      const claimant = userOf(
        unverified_phone.map((index) => unverifiedIndexes.get(index)).find(Boolean),
      )
      return Promise.resolve({
        ...(byOpenid && { byOpenid }),
        ...(byUnionid && { byUnionid }),
        ...(byUnionid &&
          !byOpenid &&
          hasIdentity(byUnionid.id, app_id) && { isUnionidUserInApp: true }),
        ...(holder && {
          byPhone: { user: holder, hasIdentityInApp: hasIdentity(holder.id, app_id) },
        }),
        ...(claimant && { byUnverifiedPhone: claimant }),
        proves: {
          openid: wechat !== null,
          unionid: wechat !== null && wechat.unionid !== null,
          phone: phone !== null,
        },
      })
    },

    signIn(act) {
      const { now_ms, app_id, user_id, wechat, phone, unverified, conflict } = act
      const isTaken =
        (act.user === 'make' && users.has(user_id)) || sessions.has(act.session.id) || !isFree(act)
      if (act.user !== 'make') {
        const user = users.get(user_id)
        if (!user || user.status === 'merged') return Promise.resolve('taken')
        const wasActive = user.status === 'deleted' && user.status_before === 'active'
        const comesBack = act.user === 'restore' && wasActive && !isGone(user, now_ms)
        if (user.status !== 'active' && !comesBack) {
          return Promise.resolve('user_not_active')
        }
      }
      if (isTaken) return Promise.resolve('taken')
      if (act.user === 'restore') restore(user_id, now_ms)
      if (act.user === 'make') {
        const empty = { nickname: null, avatar: null, phone: null, phone_index: null }
        const user = { id: user_id, status: 'active', created_at: now_ms, gone_at: null } as const
        users.set(user_id, { ...user, ...empty })
      }
      if (wechat) {
        const union = unionidKey(wechat)
        const known = identities.get(openidKey(wechat))
        const { openid, session_key } = wechat
        identities.set(openidKey(wechat), {
          user_id,
          app_id,
          openid,
          session_key: session_key ?? known?.session_key ?? noKey,
          created_at: known?.created_at ?? now_ms,
          union: union ?? known?.union,
        })
        if (wechat.claim_unionid && union !== undefined) unionids.set(union, user_id)
      }
      if (phone) holdPhone(user_id, phone)
      if (unverified) {
        const { indexes, index, sealed } = unverified.phone
        for (const each of indexes) unverifiedIndexes.set(each, user_id)
        const claimed = { phone: sealed, phone_index: index }
        Object.assign(users.get(user_id) ?? {}, {
          unverified: claimed,
          password: unverified.password,
        })
      }
      const isQueued = [...conflicts.values()].some(
        (each) => each.user_id === user_id && each.holder_id === conflict?.holder_id,
      )
      if (conflict && !isQueued) {
        const found = { ...conflict, user_id, app_id, created_at: now_ms }
        conflicts.set(conflict.id, { ...found, dismissed_at: null })
      }
      sessions.set(act.session.id, {
        user_id,
        app_id,
        generation: 0,
        created_at: now_ms,
        rotated_at: now_ms,
        ended_at: null,
        end_reason: null,
        ...act.session,
      })
      for (const event of act.events) record(event)
      return Promise.resolve('signed_in')
    },

    findUser: (id) => Promise.resolve(userOf(id)),

    changeProfile({ user_id, nickname, avatar, now_ms, event }) {
      const user = users.get(user_id)
      if (user?.status !== 'active') return Promise.resolve(undefined)
      if (nickname !== undefined) user.nickname = nickname
      if (avatar !== undefined) changeAvatar(user, avatar, now_ms)
      record(event)
      return Promise.resolve(userOf(user_id))
    },

    setUserStatus({ id, status, now_ms, event }) {
      if (!moveStatus(id, ['active', 'disabled'], status)) return Promise.resolve('not_found')
      if (status === 'disabled') end((s) => s.user_id === id, now_ms, 'user_disabled')
      record(event)
      return Promise.resolve('changed')
    },

    listIdentities: (user_id) =>
      Promise.resolve(
        identitiesOf(user_id).map(({ app_id, openid, union, created_at }) => {
          return { app_id, openid, unionid: union ? readUnion(union).unionid : null, created_at }
        }),
      ),

    listUnionids: (user_id) => Promise.resolve(keysOf(unionids, user_id).map(readUnion)),

    findSessionKey(key) {
      const session_key = identities.get(openidKey(key))?.session_key
      return Promise.resolve(session_key?.length ? session_key : undefined)
    },

    keepSessionKey({ user_id, session_key, ...key }) {
      const identity = identities.get(openidKey(key))
      if (identity?.user_id !== user_id) return Promise.resolve(false)
      identity.session_key = session_key
      return Promise.resolve(true)
    },

    linkIdentity({ user_id, now_ms, wechat, event }) {
      if (!isActive(user_id)) return Promise.resolve('user_not_active')
      const { app_id, openid, session_key } = wechat
      const union = unionidKey(wechat)
      const holder = union === undefined ? undefined : unionids.get(union)
      const isFree = !identities.has(openidKey(wechat)) && !hasIdentity(user_id, app_id)
      if (!isFree || (holder ?? user_id) !== user_id) return Promise.resolve('taken')
      const created_at = now_ms
      identities.set(openidKey(wechat), { user_id, app_id, openid, session_key, created_at, union })
      if (union !== undefined) unionids.set(union, user_id)
      record(event)
      return Promise.resolve('linked')
    },

    unlinkIdentity({ user_id, app_id, now_ms, event }) {
      const own = identitiesOf(user_id)
      const unlinked = own.find((identity) => identity.app_id === app_id)
      if (!unlinked) return Promise.resolve('not_found')
      if (own.length === 1 && !users.get(user_id)?.phone) return Promise.resolve('last_way_in')
      identities.delete(openidKey(unlinked))
      const { union } = unlinked
      const isShared = own.some((each) => each !== unlinked && each.union === union)
      if (union !== undefined && !isShared && unionids.get(union) === user_id) {
        unionids.delete(union)
      }
      end((s) => s.user_id === user_id && s.app_id === app_id, now_ms, 'unlinked')
      record(event)
      return Promise.resolve('unlinked')
    },

    changePhone({ user_id, phone, event }) {
      if (!isActive(user_id)) return Promise.resolve('user_not_active')
      const isTaken = phone.indexes.some((index) => {
        const holder = phoneIndexes.get(index)
        return holder !== undefined && holder !== user_id
      })
      if (isTaken) return Promise.resolve('taken')
      dropPhone(user_id)
      holdPhone(user_id, phone)
      record(event)
      return Promise.resolve('changed')
    },

    findUnverifiedPhone(user_id) {
      const claimed = users.get(user_id)?.unverified
      return Promise.resolve(claimed && { ...claimed })
    },

    findPassword: (user_id) => Promise.resolve(users.get(user_id)?.password),

    setPassword({ user_id, password, replaces, event }) {
      const user = users.get(user_id)
      const isIt = user?.status === 'active' && (user.password ?? null) === replaces
      if (!isIt) return Promise.resolve('not_set')
      user.password = password
      record(event)
      return Promise.resolve('set')
    },

    withdrawData({ user_id, nickname, avatar, phone, now_ms, event }) {
      if (!users.has(user_id)) return Promise.resolve()
      for (const id of gatherMerged(user_id)) {
        const user = users.get(id)
        if (user && nickname) user.nickname = null
        if (user && avatar) changeAvatar(user, null, now_ms)
        if (!user || !phone) continue
        dropPhone(id)
        dropUnverifiedPhone(id)
        delete user.password
      }
      record(event)
      return Promise.resolve()
    },

    addLooseBlob({ name, at }) {
      looseBlobs.set(name, looseBlobs.get(name) ?? at)
      return Promise.resolve()
    },

    listLooseBlobs({ now_ms, limit }) {
      const due = [...looseBlobs].filter(([, at]) => at <= now_ms).sort(([, a], [, b]) => a - b)
      return Promise.resolve(due.slice(0, limit).map(([name]) => name))
    },

    removeLooseBlob(name) {
      looseBlobs.delete(name)
      return Promise.resolve()
    },

    findPreferences(user_id) {
      const held = preferences.get(user_id)
      return Promise.resolve(held && { ...held })
    },

    setPreferences({ user_id, document, replaces }) {
      const version = preferences.get(user_id)?.version ?? 0
      if (!isActive(user_id) || version !== replaces) return Promise.resolve('changed')
      preferences.set(user_id, { document, version: version + 1 })
      return Promise.resolve('set')
    },

    deleteUser({ id, now_ms, gone_at, event }) {
      const { status, gone_at: until } = users.get(id) ?? {}
      const isSooner = gone_at < (until ?? 0)
      const from = ['active', 'disabled', ...(isSooner ? ['deleted' as const] : [])] as const
      if (!moveStatus(id, from, 'deleted', gone_at)) return Promise.resolve('not_found')
      if (status !== 'deleted') Object.assign(users.get(id) ?? {}, { status_before: status })
      end((s) => s.user_id === id, now_ms, 'user_deleted')
      record(event)
      return Promise.resolve('deleted')
    },

    restoreUser({ id, now_ms, event }) {
      if (!restore(id, now_ms)) return Promise.resolve('not_found')
      record(event)
      return Promise.resolve('restored')
    },

    listGoneUsers({ now_ms, limit }) {
      const gone = [...users.values()].filter((user) => isGone(user, now_ms))
      gone.sort((a, b) => (a.gone_at ?? 0) - (b.gone_at ?? 0))
      return Promise.resolve(gone.slice(0, limit).flatMap(({ id }) => userOf(id) ?? []))
    },

    eraseUser({ id, now_ms, event }) {
      const user = users.get(id)
      const mayGo = user?.status === 'deleted' || user?.status === 'merged'
      if (!mayGo || !isGone(user, now_ms)) return Promise.resolve(false)
      for (const user_id of gatherMerged(id)) removeRowsOf(user_id, now_ms)
      record(event)
      return Promise.resolve(true)
    },

    listConflicts: ({ after = 0, limit }) =>
      Promise.resolve(
        byId(conflicts)
          .filter(({ id, dismissed_at }) => id > after && dismissed_at === null)
          .slice(0, limit)
          .map(({ dismissed_at: _, ...conflict }) => conflict),
      ),

    hasConflict: ({ user_id, holder_id }) =>
      Promise.resolve(
        [...conflicts.values()].some(
          (each) => each.user_id === user_id && each.holder_id === holder_id,
        ),
      ),

    dismissConflict({ id, now_ms, event }) {
      const conflict = conflicts.get(id)
      if (conflict?.dismissed_at !== null) return Promise.resolve(false)
      conflict.dismissed_at = now_ms
      record(event)
      return Promise.resolve(true)
    },

    mergeUsers({ id, from_id, into_id, now_ms, gone_at, event }) {
      const from = users.get(from_id)
      const into = users.get(into_id)
      if (from_id === into_id || from?.status !== 'active' || into?.status !== 'active') {
        return Promise.resolve('not_found')
      }
      if (identitiesOf(from_id).some(({ app_id }) => hasIdentity(into_id, app_id))) {
        return Promise.resolve('same_app')
      }
      const taken = take(from, into)
      end((s) => s.user_id === from_id, now_ms, 'user_merged')
      removeConflictsOf(from_id)
      moveStatus(from_id, ['active'], 'merged', gone_at)
      merges.set(id, { id, from_id, into_id, created_at: now_ms, undone_at: null, taken })
      record(event)
      return Promise.resolve('merged')
    },

    listMerges: ({ after = 0, limit }) =>
      Promise.resolve(
        byId(merges)
          .filter(({ id }) => id > after)
          .slice(0, limit)
          .map(({ taken: _, ...merge }) => merge),
      ),

    undoMerge({ id, now_ms, event }) {
      const merge = merges.get(id)
      const from = merge && users.get(merge.from_id)
      const into = merge && users.get(merge.into_id)
      const inTime = from?.status === 'merged' && !isGone(from, now_ms)
      if (merge?.undone_at !== null || !inTime || into?.status !== 'active') {
        return Promise.resolve('not_found')
      }
      giveBack(from, into, merge.taken)
      end((s) => s.user_id === into.id, now_ms, 'user_merged')
      moveStatus(from.id, ['merged'], 'active')
      merge.undone_at = now_ms
      record(event)
      return Promise.resolve('undone')
    },

    findSession(id) {
      const session = sessions.get(id)
      const user = userOf(session?.user_id)
      if (!session || !user) return Promise.resolve(undefined)
      const ended_at = endOf(session)
      return Promise.resolve({ session: { ...withoutReason(session), ended_at }, user })
    },

    listSessions({ user_id, now_ms }) {
      const live = [...sessions.values()].filter((s) => s.user_id === user_id && isLive(s, now_ms))
      return Promise.resolve(live.map(withoutReason).sort((a, b) => b.id - a.id))
    },

    listPastSessions(user_id) {
      const own = [...sessions.values()].filter((session) => session.user_id === user_id)
      return Promise.resolve(own.map((session) => ({ ...session })).sort((a, b) => b.id - a.id))
    },

    rotateSession({ id, generation, now_ms, idle_expires_at, app_id }) {
      const session = sessions.get(id)
      const active = session && users.get(session.user_id)?.status === 'active'
      const isMeant =
        session?.generation === generation && (app_id ?? session.app_id) === session.app_id
      if (!session || !isMeant || !active || !isLive(session, now_ms)) {
        return Promise.resolve('not_rotated')
      }
      session.generation = generation + 1
      session.rotated_at = now_ms
      session.idle_expires_at = Math.min(idle_expires_at, session.expires_at)
      return Promise.resolve(withoutReason(session))
    },

    endSession({ id, user_id, now_ms, reason, event }) {
      const isIt = (s: StoredSession) =>
        s.id === id && (user_id === undefined || s.user_id === user_id)
      if (end(isIt, now_ms, reason) === 0) return Promise.resolve(false)
      record(event)
      return Promise.resolve(true)
    },

    endOtherSessions({ user_id, keep_id, now_ms, reason, event }) {
      const ended = end((s) => s.user_id === user_id && s.id !== keep_id, now_ms, reason)
      if (ended > 0) record(event)
      return Promise.resolve(ended)
    },

    addEvent(event) {
      record(event)
      return Promise.resolve()
    },

    listEvents: ({ user_id, after = 0, limit }) =>
      Promise.resolve(
        byId(events)
          .filter((event) => event.id > after && (user_id ?? event.user_id) === event.user_id)
          .slice(0, limit)
          .map((event) => ({ ...event })),
      ),

    pruneSessions({ after, before, limit }) {
      const walked = byId(sessions)
        .filter(({ id }) => id > after)
        .slice(0, limit)
      for (const { id, ended_at, idle_expires_at, expires_at } of walked) {
        if (Math.min(ended_at ?? Infinity, idle_expires_at, expires_at) < before) {
          sessions.delete(id)
        }
      }
      return Promise.resolve(walked.at(-1)?.id)
    },

    pruneEvents({ before, limit }) {
      const old = byId(events)
        .slice(0, limit)
        .filter(({ at }) => at < before)
      for (const { id } of old) events.delete(id)
      return Promise.resolve(old.length)
    },

    readCursor: (name) => Promise.resolve(cursors.get(name)),

    moveCursor({ name, from, to }) {
      if (cursors.get(name) !== from) return Promise.resolve(false)
      cursors.set(name, to)
      return Promise.resolve(true)
    },

    listSigningKeys: () =>
      Promise.resolve(
        [...signingKeys.values()]
          .map((key) => ({ ...key }))
          .sort((a, b) => b.created_at - a.created_at),
      ),

    addSigningKey(key) {
      const taken = [...signingKeys.values()].some(
        ({ kid, slot }) => kid === key.kid || (slot !== null && slot === key.slot),
      )
      if (taken) return Promise.resolve('slot_taken')
      signingKeys.set(key.kid, { ...key })
      return Promise.resolve('added')
    },

    promoteSigningKey({ kid, replaces, now_ms, event }) {
      const next = signingKeys.get(kid)
      const current = signingKeys.get(replaces)
      const isFree = ![...signingKeys.values()].some(({ slot }) => slot === 'previous')
      if (next?.slot !== 'next' || current?.slot !== 'current' || !isFree) {
        return Promise.resolve('not_promoted')
      }
      Object.assign(current, { slot: 'previous', slot_since: now_ms, sealed: noKey })
      Object.assign(next, { slot: 'current', slot_since: now_ms })
      record(event)
      return Promise.resolve('promoted')
    },

    retireSigningKey({ kid, event }) {
      if (signingKeys.get(kid)?.slot !== 'previous') return Promise.resolve(false)
      signingKeys.delete(kid)
      record(event)
      return Promise.resolve(true)
    },

    replaceSigningKeys({ replaces, key, event }) {
      if (signingKeys.get(replaces)?.slot !== 'current') return Promise.resolve('not_replaced')
      signingKeys.clear()
      signingKeys.set(key.kid, { ...key })
      record(event)
      return Promise.resolve('replaced')
    },

    resealSigningKey({ kid, sealed }) {
      const key = signingKeys.get(kid)
      if (key?.slot === 'current' || key?.slot === 'next') key.sealed = sealed
      return Promise.resolve()
    },

    findMergedInto(from_id) {
      const merge = [...merges.values()].find(
        (each) => each.from_id === from_id && each.undone_at === null,
      )
      return Promise.resolve(merge?.into_id)
    },

    addCredential({ credential, event }) {
      credentials.set(credential.id, { ...credential })
      record(event)
      return Promise.resolve()
    },

    findCredential(id) {
      const credential = credentials.get(id)
      return Promise.resolve(credential && { ...credential })
    },

    listCredentials: () =>
      Promise.resolve(
        byId(credentials)
          .toReversed()
          .map((each) => ({ ...each })),
      ),

    rotateCredential({ id, secret_hash, replaces, previous_ends_at, event }) {
      const credential = credentials.get(id)
      if (credential?.ended_at !== null || credential.secret_hash !== replaces) {
        return Promise.resolve('not_rotated')
      }
      Object.assign(credential, { secret_hash, previous_hash: replaces, previous_ends_at })
      record(event)
      return Promise.resolve('rotated')
    },

    endCredential({ id, now_ms, event }) {
      const credential = credentials.get(id)
      if (credential?.ended_at !== null) return Promise.resolve(false)
      credential.ended_at = now_ms
      record(event)
      return Promise.resolve(true)
    },

    endPreviousSecret({ id, event }) {
      const credential = credentials.get(id)
      if (!credential?.previous_hash) return Promise.resolve(false)
      Object.assign(credential, { previous_hash: null, previous_ends_at: null })
      record(event)
      return Promise.resolve(true)
    },

    noteCredentialUse({ id, at }) {
      const credential = credentials.get(id)
      if (credential) credential.last_used_at = Math.max(credential.last_used_at ?? 0, at)
      return Promise.resolve()
    },

    listEndedSessions({ since, after_id, limit }) {
      const ended = [...sessions.values()]
        .flatMap(({ id, ended_at }) => (ended_at === null ? [] : { id, ended_at }))
        .filter(({ id, ended_at }) => ended_at > since || (ended_at === since && id > after_id))
        .sort((a, b) => a.ended_at - b.ended_at || a.id - b.id)
      return Promise.resolve(ended.slice(0, limit))
    },

    addCutoff({ app_id, at, event }) {
      cutoffs.set(app_id, { app_id, at: Math.max(at, cutoffs.get(app_id)?.at ?? 0) })
      record(event)
      return Promise.resolve()
    },

    listCutoffs: () => Promise.resolve([...cutoffs.values()].map((each) => ({ ...each }))),

    endCutSessions({ app_id, at, after, limit }) {
      const walked = byId(sessions)
        .filter(({ id }) => id > after)
        .slice(0, limit)
      const ids = new Set(walked.map(({ id }) => id))
      const isCut = (session: StoredSession) =>
        ids.has(session.id) &&
        session.created_at < at &&
        (app_id === null || session.app_id === app_id)
      end(isCut, at, 'ended_by_operator')
      return Promise.resolve(walked.at(-1)?.id)
    },
  }
}

function byId<Row extends { id: number }>(rows: ReadonlyMap<number, Row>): Row[] {
  return [...rows.values()].sort((a, b) => a.id - b.id)
}

function readUnion(key: string): { open_platform: string; unionid: string } {
  const [open_platform, unionid] = JSON.parse(key) as [string, string]
  return { open_platform, unionid }
}

/** Of an identity that came without one. */
const noKey = new Uint8Array()

function withoutReason({ end_reason: _, ...session }: Session): StoredSession {
  return session
}
