import type { Clock } from '../../clock.ts'
import { countUp } from '../../id.ts'
import type {
  EndReason,
  SignInWrite,
  Store,
  StoredPhone,
  StoredSession,
  StoredSigningKey,
  StoredUser,
  WechatKey,
} from '../store.ts'

type Identity = {
  user_id: number
  app_id: string
  session_key: Uint8Array
  created_at: number
}

/**
 * The {@link Store} contract in this process's memory, for tests and trials: nothing survives the
 * process. Every verb runs in one turn of the event loop, which is what makes it atomic.
 */
export function createMemoryStore(clock: Clock): Store {
  const users = new Map<number, StoredUser>()
  const identities = new Map<string, Identity>()
  const unionids = new Map<string, number>()
  const phoneIndexes = new Map<string, number>()
  const passwords = new Map<number, string>()
  const sessions = new Map<number, StoredSession & { end_reason?: EndReason }>()
  const signingKeys = new Map<string, StoredSigningKey>()
  const nextId = countUp(clock)

  const openidKey = ({ app_id, openid }: Pick<WechatKey, 'app_id' | 'openid'>) =>
    `${app_id}/${openid}`
  const unionidKey = ({ open_platform, unionid }: WechatKey) =>
    open_platform === null || unionid === null ? undefined : `${open_platform}/${unionid}`

  const userOf = (id: number | undefined) => {
    const user = id === undefined ? undefined : users.get(id)
    return user && { ...user }
  }

  const hasIdentity = (user_id: number, app_id: string) =>
    [...identities.values()].some((each) => each.user_id === user_id && each.app_id === app_id)

  /**
   * Whether a sign-in would take nobody's openid, unionid or phone, and no second of the user's
   * own.
   */
  function isFree(
    user_id: number,
    app_id: string,
    wechat: SignInWrite['wechat'],
    union: string | undefined,
    phone: StoredPhone | null,
  ) {
    const identity = wechat ? identities.get(openidKey(wechat)) : undefined
    const isIdentityFree =
      wechat === null ||
      (wechat.identity === 'known'
        ? identity?.user_id === user_id
        : !identity && !hasIdentity(user_id, app_id))
    const unionHolder = union === undefined ? undefined : unionids.get(union)
    const isPhoneFree =
      phone === null ||
      (!users.get(user_id)?.phone && !phone.indexes.some((index) => phoneIndexes.has(index)))
    return isIdentityFree && (unionHolder ?? user_id) === user_id && isPhoneFree
  }

  function holdPhone(user_id: number, { indexes, index, sealed }: StoredPhone) {
    for (const each of indexes) phoneIndexes.set(each, user_id)
    Object.assign(users.get(user_id) ?? {}, { phone: sealed, phone_index: index })
  }

  const isLive = (session: StoredSession, now_ms: number) =>
    session.ended_at === null && session.idle_expires_at > now_ms && session.expires_at > now_ms

  function end(matches: (session: StoredSession) => boolean, now_ms: number, reason: EndReason) {
    let ended = 0
    for (const session of sessions.values()) {
      if (session.ended_at !== null || !matches(session)) continue
      Object.assign(session, { ended_at: now_ms, end_reason: reason })
      ended++
    }
    return ended
  }

  return {
    migrate: () => Promise.resolve({ applied: [] }),
    ping: () => Promise.resolve(),
    close: () => Promise.resolve(),

    findUsers({ app_id, wechat, phone }) {
      const byOpenid = wechat && userOf(identities.get(openidKey(wechat))?.user_id)
      const byUnionid = wechat && userOf(unionids.get(unionidKey(wechat) ?? ''))
      const holder = phone && userOf(phone.map((index) => phoneIndexes.get(index)).find(Boolean))
      return Promise.resolve({
        ...(byOpenid && { byOpenid }),
        ...(byUnionid && { byUnionid }),
        ...(holder && {
          byPhone: { user: holder, hasIdentityInApp: hasIdentity(holder.id, app_id) },
        }),
        proves: {
          openid: wechat !== null,
          unionid: wechat !== null && wechat.unionid !== null,
          phone: phone !== null,
        },
      })
    },

    signIn({ now_ms, app_id, wechat, phone, ...act }) {
      if (act.user_id !== null && users.get(act.user_id)?.status !== 'active') {
        return Promise.resolve({ outcome: 'user_not_active' })
      }
      const user_id = act.user_id ?? nextId()
      const union = wechat?.claim_unionid ? unionidKey(wechat) : undefined
      if (!isFree(user_id, app_id, wechat, union, phone)) {
        return Promise.resolve({ outcome: 'taken' })
      }
      if (act.user_id === null) {
        const empty = { nickname: null, avatar_url: null, phone: null, phone_index: null }
        users.set(user_id, { id: user_id, status: 'active', ...empty, created_at: now_ms })
      }
      if (wechat) {
        const created_at = identities.get(openidKey(wechat))?.created_at ?? now_ms
        const { session_key } = wechat
        identities.set(openidKey(wechat), { user_id, app_id, session_key, created_at })
      }
      if (union !== undefined) unionids.set(union, user_id)
      if (phone) holdPhone(user_id, phone)
      const session_id = nextId()
      sessions.set(session_id, {
        id: session_id,
        user_id,
        app_id,
        generation: 0,
        created_at: now_ms,
        rotated_at: now_ms,
        ended_at: null,
        ...act.session,
      })
      return Promise.resolve({ outcome: 'signed_in', user_id, session_id })
    },

    listIdentities(user_id) {
      const own = [...identities].filter(([, identity]) => identity.user_id === user_id)
      return Promise.resolve(
        own
          .map(([key, { app_id, created_at }]) => {
            return { app_id, openid: key.slice(app_id.length + 1), created_at }
          })
          .sort((a, b) => a.created_at - b.created_at || a.app_id.localeCompare(b.app_id)),
      )
    },

    linkIdentity({ user_id, now_ms, wechat }) {
      const { app_id, session_key } = wechat
      const union = unionidKey(wechat)
      const holder = union === undefined ? undefined : unionids.get(union)
      const isFree = !identities.has(openidKey(wechat)) && !hasIdentity(user_id, app_id)
      if (!isFree || (holder ?? user_id) !== user_id) return Promise.resolve('taken')
      identities.set(openidKey(wechat), { user_id, app_id, session_key, created_at: now_ms })
      if (union !== undefined) unionids.set(union, user_id)
      return Promise.resolve('linked')
    },

    unlinkIdentity({ user_id, app_id, now_ms }) {
      const own = [...identities].filter(([, identity]) => identity.user_id === user_id)
      const [key] = own.find(([, identity]) => identity.app_id === app_id) ?? []
      if (key === undefined) return Promise.resolve('not_found')
      if (own.length === 1 && !users.get(user_id)?.phone) return Promise.resolve('last_way_in')
      identities.delete(key)
      end((s) => s.user_id === user_id && s.app_id === app_id, now_ms, 'unlinked')
      return Promise.resolve('unlinked')
    },

    changePhone({ user_id, phone }) {
      const isTaken = phone.indexes.some((index) => {
        const holder = phoneIndexes.get(index)
        return holder !== undefined && holder !== user_id
      })
      if (isTaken) return Promise.resolve('taken')
      for (const [index, holder] of phoneIndexes) {
        if (holder === user_id) phoneIndexes.delete(index)
      }
      holdPhone(user_id, phone)
      return Promise.resolve('changed')
    },

    findPassword: (user_id) => Promise.resolve(passwords.get(user_id)),

    setPassword({ user_id, password, replaces }) {
      if ((passwords.get(user_id) ?? null) !== replaces) return Promise.resolve('not_set')
      passwords.set(user_id, password)
      return Promise.resolve('set')
    },

    findSessionKey: (key) => Promise.resolve(identities.get(openidKey(key))?.session_key),

    findUser: (id) => Promise.resolve(userOf(id)),

    setUserStatus({ id, status, now_ms }) {
      const user = users.get(id)
      if (!user) return Promise.resolve({ outcome: 'not_found' })
      user.status = status
      const reason = status === 'disabled' ? 'user_disabled' : 'user_deleted'
      const ended = status === 'active' ? 0 : end((s) => s.user_id === id, now_ms, reason)
      return Promise.resolve({ outcome: 'changed', ended })
    },

    findSession(id) {
      const session = sessions.get(id)
      const user = userOf(session?.user_id)
      return Promise.resolve(session && user && { session: { ...session }, user })
    },

    listSessions({ user_id, now_ms }) {
      const live = [...sessions.values()].filter((s) => s.user_id === user_id && isLive(s, now_ms))
      return Promise.resolve(live.map((session) => ({ ...session })).sort((a, b) => b.id - a.id))
    },

    rotateSession({ id, generation, now_ms, idle_expires_at }) {
      const session = sessions.get(id)
      const active = session && users.get(session.user_id)?.status === 'active'
      if (!session || !active || !isLive(session, now_ms) || session.generation !== generation) {
        return Promise.resolve('not_rotated')
      }
      Object.assign(session, { generation: generation + 1, rotated_at: now_ms, idle_expires_at })
      return Promise.resolve('rotated')
    },

    endSession: ({ id, user_id, now_ms, reason }) =>
      Promise.resolve(
        end(
          (s) => s.id === id && (user_id === undefined || s.user_id === user_id),
          now_ms,
          reason,
        ) > 0,
      ),

    endOtherSessions: ({ user_id, keep_id, now_ms, reason }) =>
      Promise.resolve(end((s) => s.user_id === user_id && s.id !== keep_id, now_ms, reason)),

    listSigningKeys: () =>
      Promise.resolve([...signingKeys.values()].sort((a, b) => b.created_at - a.created_at)),

    addSigningKey(key) {
      const taken = [...signingKeys.values()].some(
        ({ kid, slot }) => kid === key.kid || (slot !== null && slot === key.slot),
      )
      if (taken) return Promise.resolve('slot_taken')
      signingKeys.set(key.kid, { ...key })
      return Promise.resolve('added')
    },

    resealSigningKey({ kid, sealed }) {
      const key = signingKeys.get(kid)
      if (key) key.sealed = sealed
      return Promise.resolve()
    },
  }
}
