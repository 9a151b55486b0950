import { deepEqual } from 'node:assert/strict'
import type {
  SignInOutcome,
  SignInWrite,
  Store,
  StoredEvent,
  StoredPhone,
  WechatKey,
} from '../store.ts'

export const start = Date.UTC(2026, 0, 15, 8)
export const dayMs = 24 * 60 * 60 * 1000

export type Change = Partial<Omit<SignInWrite, 'wechat' | 'session'>> & {
  wechat?: Partial<WechatKey> | null
  session?: Partial<SignInWrite['session']>
  identity?: 'known' | 'new'
  unionid?: 'claim' | 'leave'
  session_key?: Uint8Array | null
}

export const keyOf = (wechat: Partial<WechatKey> = {}): WechatKey => ({
  app_id: 'app',
  openid: 'openid',
  open_platform: null,
  unionid: null,
  ...wechat,
})

/** A first sign-in, but for what is changed; one with a `user_id` is of a user who is there. */
export function signInWrite(store: Store, change: Change = {}): SignInWrite {
  const { wechat, identity = 'new', unionid = 'leave', session_key, session, ...rest } = change
  const key = keyOf(wechat ?? {})
  const user_id = change.user_id ?? store.newId()
  return {
    now_ms: start,
    app_id: key.app_id,
    user: change.user_id === undefined ? 'make' : 'known',
    phone: null,
    events: [event(store, { kind: 'signed_in', user_id })],
    ...rest,
    user_id,
    session: {
      id: store.newId(),
      device: null,
      idle_expires_at: start + 30 * dayMs,
      expires_at: start + 180 * dayMs,
      ...session,
    },
    wechat:
      wechat === null
        ? null
        : {
            ...key,
            identity,
            claim_unionid: unionid === 'claim',
            session_key: session_key === undefined ? Uint8Array.of(1, 2, 3) : session_key,
          },
  }
}

export function event(store: Store, change: Partial<StoredEvent> = {}): StoredEvent {
  return {
    id: store.newId(),
    at: start,
    kind: 'something',
    user_id: null,
    session_id: null,
    app_id: null,
    detail: null,
    ...change,
  }
}

export const find = (store: Store, wechat: Partial<WechatKey> = {}) => {
  const key = keyOf(wechat)
  return store.findUsers({ app_id: key.app_id, wechat: key, phone: null })
}

export async function findByPhone(store: Store, index: string) {
  const { byPhone } = await store.findUsers({ app_id: 'app', wechat: null, phone: [index] })
  return byPhone?.user.id
}

export async function findByClaim(store: Store, index: string) {
  const key = { app_id: 'app', wechat: null, phone: null, unverified_phone: [index] }
  return (await store.findUsers(key)).byUnverifiedPhone?.id
}

export const union = { open_platform: 'platform', unionid: 'union' }

export async function signIn(store: Store, change: Change = {}) {
  const write = signInWrite(store, change)
  const outcome = await store.signIn(write)
  if (outcome !== 'signed_in') throw new Error(`expected a sign-in, got ${outcome}`)
  return { user_id: write.user_id, session_id: write.session.id }
}

/** What comes of a sign-in that may be refused. */
export const trySignIn = (store: Store, change: Change): Promise<SignInOutcome> =>
  store.signIn(signInWrite(store, change))

export const phone = (...indexes: [string, ...string[]]): StoredPhone => ({
  indexes,
  index: indexes[0],
  sealed: Buffer.from(`sealed ${indexes[0]}`),
})

/** Somebody registers with a number that they have not proven. (R7) */
export const claiming = (...indexes: [string, ...string[]]) => ({
  wechat: null,
  unverified: { phone: phone(...indexes), password: `$argon2id$of ${indexes[0]}` },
})

export const endsAll = { now_ms: start + 1, reason: 'removed' } as const

/** Everything that a store tells of these users, and of everybody, for comparing it with itself. */
async function readAll(store: Store, user_ids: readonly number[]): Promise<unknown> {
  const limit = 1000
  const now_ms = start + 1000 * dayMs
  const users: unknown[] = []
  for (const id of user_ids) users.push(await readUser(store, id))
  return plain({
    users,
    conflicts: await store.listConflicts({ limit }),
    merges: await store.listMerges({ limit }),
    events: await store.listEvents({ limit }),
    gone: await store.listGoneUsers({ now_ms, limit }),
    looseBlobs: (await store.listLooseBlobs({ now_ms, limit })).toSorted(),
  })
}

async function readUser(store: Store, id: number) {
  const user = await store.findUser(id)
  const identities = await store.listIdentities(id)
  const unionids = await store.listUnionids(id)
  const claimed = await store.findUnverifiedPhone(id)
  return {
    user,
    identities,
    unionids,
    claimed,
    session_keys: await Promise.all(identities.map((each) => store.findSessionKey(each))),
    byOpenid: await Promise.all(
      identities.map(async (each) => (await find(store, each)).byOpenid?.id),
    ),
    byUnionid: await Promise.all(
      unionids.map(async (each) => (await find(store, each)).byUnionid?.id),
    ),
    byPhone: user?.phone_index == null ? null : await findByPhone(store, user.phone_index),
    byClaim: claimed && (await findByClaim(store, claimed.phone_index)),
    sessions: await store.listPastSessions(id),
    password: await store.findPassword(id),
    preferences: await store.findPreferences(id),
  }
}

/** Without what differs between drivers: classes of bytes, and prototypes of rows. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]))
}

/** Holds that a step is refused with this outcome, and that nothing of it was written. */
export async function refuse(
  store: Store,
  user_ids: readonly number[],
  outcome: unknown,
  step: () => Promise<unknown>,
): Promise<void> {
  const before = await readAll(store, user_ids)
  deepEqual(await step(), outcome)
  deepEqual(await readAll(store, user_ids), before)
}

/** The kinds of the events that are written down, oldest first. */
export async function kindsOf(store: Store): Promise<string[]> {
  return (await store.listEvents({ limit: 1000 })).map(({ kind }) => kind)
}
