import { dayMs } from '../../src/clock.ts'

/*
 * What the store's contract says of accounts, as plainly as it can be said: users are objects that
 * hold things, and every question is answered by looking through all of them. Nothing of it is taken
 * from an implementation.
 */

export const apps = ['app 1', 'app 2'] as const
export const openids = ['openid 1', 'openid 2', 'openid 3'] as const
export const unionids = ['union 1', 'union 2'] as const
export const phones = ['phone 1', 'phone 2', 'phone 3'] as const

export const reconsiderMs = 15 * dayMs
export const undoMs = 30 * dayMs

type Identity = { openid: string; unionid: string | null }

export type ModelUser = {
  name: number
  status: 'active' | 'disabled' | 'deleted' | 'merged' | 'erased'
  wasDisabled: boolean
  goneAt: number | null
  identities: Record<string, Identity>
  unionids: string[]
  phone: string | null
  /** Whether the number leads here: not while merged. */
  hasPhone: boolean
  claim: string | null
  hasClaim: boolean
  password: string | null
  nickname: string | null
  liveSessions: string[]
}

type ModelMerge = {
  from: ModelUser
  into: ModelUser
  undone: boolean
  openids: [app: string, openid: string][]
  unionids: string[]
  tookPhone: boolean
  tookPassword: boolean
  tookNickname: boolean
}

export type Model = {
  now: number
  users: ModelUser[]
  merges: ModelMerge[]
  /** Pairs of names: who signed in, and who has the unionid. */
  conflicts: [number, number][]
  /** How many steps were done, and so written down. */
  acts: number
}

/** Users and merges are named by the order in which they were made. */
export type Step =
  | {
      verb: 'signIn'
      user: 'make' | 'restore' | 'known'
      name: number
      app: string
      openid: string | null
      isKnown: boolean
      unionid: string | null
      claimsUnionid: boolean
      phone: string | null
      unverified: string | null
      /** Who is said to have the unionid. */
      conflict: number | null
    }
  | { verb: 'link'; name: number; app: string; openid: string; unionid: string | null }
  | { verb: 'unlink'; name: number; app: string }
  | { verb: 'changePhone'; name: number; phone: string }
  | { verb: 'setPassword'; name: number; password: string }
  | { verb: 'rename'; name: number; nickname: string }
  | { verb: 'withdraw'; name: number; nickname: boolean; phone: boolean }
  | { verb: 'disable' | 'enable' | 'delete' | 'restore' | 'erase'; name: number }
  | { verb: 'merge'; from: number; into: number }
  | { verb: 'undo'; merge: number }
  | { verb: 'wait'; days: number }

export const emptyModel = (now: number): Model => ({
  now,
  users: [],
  merges: [],
  conflicts: [],
  acts: 0,
})

/** Does a step to the model. @returns What the verb has to answer. */
export function apply(model: Model, step: Step): unknown {
  if (step.verb === 'wait') {
    model.now += step.days * dayMs
    return undefined
  }
  const outcome = act(model, step)
  if (isDone(outcome)) model.acts += 1
  return outcome
}

const refusals: ReadonlySet<unknown> = new Set([
  'taken',
  'user_not_active',
  'not_found',
  'last_way_in',
  'not_set',
  'same_app',
  false,
  'nobody',
])

const isDone = (outcome: unknown) => !refusals.has(outcome)

function act(model: Model, step: Exclude<Step, { verb: 'wait' }>): unknown {
  if (step.verb === 'signIn') return signIn(model, step)
  if (step.verb === 'merge') return merge(model, step)
  if (step.verb === 'undo') return undo(model, step.merge)
  const user = named(model, step.name)
  switch (step.verb) {
    case 'link':
      return link(model, user, step)
    case 'unlink':
      return unlink(user, step.app)
    case 'changePhone':
      return changePhone(model, user, step.phone)
    case 'setPassword':
      if (user?.status !== 'active') return 'not_set'
      user.password = step.password
      return 'set'
    case 'rename':
      if (user?.status !== 'active') return 'nobody'
      user.nickname = step.nickname
      return step.nickname
    case 'withdraw':
      return withdraw(model, user, step)
    case 'disable':
    case 'enable':
      if (user?.status !== 'active' && user?.status !== 'disabled') return 'not_found'
      user.status = step.verb === 'disable' ? 'disabled' : 'active'
      if (step.verb === 'disable') user.liveSessions = []
      return 'changed'
    case 'delete':
      return leave(model, user)
    case 'restore':
      return comeBack(model, user) ? 'restored' : 'not_found'
    case 'erase':
      return erase(model, user)
  }
}

export const named = (model: Model, name: number): ModelUser | undefined =>
  model.users.find((user) => user.name === name && user.status !== 'erased')

const present = (model: Model) => model.users.filter(({ status }) => status !== 'erased')

export const byOpenid = (model: Model, app: string, openid: string) =>
  present(model).find(({ identities }) => identities[app]?.openid === openid)

export const byUnionid = (model: Model, unionid: string) =>
  present(model).find((user) => user.unionids.includes(unionid))

export const byPhone = (model: Model, phone: string) =>
  present(model).find((user) => user.hasPhone && user.phone === phone)

export const byClaim = (model: Model, phone: string) =>
  present(model).find((user) => user.hasClaim && user.claim === phone)

function signIn(model: Model, step: Extract<Step, { verb: 'signIn' }>): string {
  const { app, openid, unionid, phone, unverified } = step
  const makes = step.user === 'make'
  const known = makes ? undefined : named(model, step.name)
  if (!makes && (!known || known.status === 'merged')) return 'taken'
  if (known && known.status !== 'active') {
    const mayComeBack = step.user === 'restore' && isInTime(model, known) && !known.wasDisabled
    if (!mayComeBack) return 'user_not_active'
  }

  if (openid !== null) {
    const owner = byOpenid(model, app, openid)
    if (step.isKnown ? !known || owner !== known : owner || known?.identities[app]) return 'taken'
    const holder = unionid === null ? undefined : byUnionid(model, unionid)
    if (step.claimsUnionid && holder && holder !== known) return 'taken'
    if (step.conflict !== null && step.conflict !== holder?.name) return 'taken'
  }
  if (phone !== null && (known?.phone || byPhone(model, phone))) return 'taken'
  if (unverified !== null && (byPhone(model, unverified) || byClaim(model, unverified))) {
    return 'taken'
  }

  const user = known ?? make(model)
  user.status = 'active'
  user.goneAt = null
  if (openid !== null) {
    const came = unionid ?? user.identities[app]?.unionid ?? null
    user.identities[app] = { openid, unionid: came }
    if (step.claimsUnionid && unionid !== null) hold(user, unionid)
  }
  if (phone !== null) prove(model, user, phone)
  if (unverified !== null) {
    Object.assign(user, { claim: unverified, hasClaim: true, password: `of ${unverified}` })
  }
  user.liveSessions.push(app)
  const holder = openid === null ? null : step.conflict
  const isQueued = model.conflicts.some((pair) => pair[0] === user.name && pair[1] === holder)
  if (holder !== null && !isQueued) model.conflicts.push([user.name, holder])
  return 'signed_in'
}

function make(model: Model): ModelUser {
  const user: ModelUser = {
    name: model.users.length,
    status: 'active',
    wasDisabled: false,
    goneAt: null,
    identities: {},
    unionids: [],
    phone: null,
    hasPhone: false,
    claim: null,
    hasClaim: false,
    password: null,
    nickname: null,
    liveSessions: [],
  }
  model.users.push(user)
  return user
}

function hold(user: ModelUser, unionid: string) {
  user.unionids = [...new Set([...user.unionids, unionid])]
}

/** Whoever claims a number loses it to whoever proves it; and who proves one claims none. */
function prove(model: Model, user: ModelUser, phone: string) {
  const claimant = byClaim(model, phone)
  if (claimant) {
    Object.assign(claimant, { claim: null, hasClaim: false })
    if (claimant !== user) claimant.password = null
  }
  Object.assign(user, { phone, hasPhone: true, claim: null, hasClaim: false })
}

function link(
  model: Model,
  user: ModelUser | undefined,
  { app, openid, unionid }: { app: string; openid: string; unionid: string | null },
) {
  if (user?.status !== 'active') return 'user_not_active'
  const holder = unionid === null ? undefined : byUnionid(model, unionid)
  if (byOpenid(model, app, openid) || user.identities[app]) return 'taken'
  if (holder && holder !== user) return 'taken'
  user.identities[app] = { openid, unionid }
  if (unionid !== null) hold(user, unionid)
  return 'linked'
}

function unlink(user: ModelUser | undefined, app: string) {
  const identity = user?.identities[app]
  if (!user || !identity) return 'not_found'
  if (Object.keys(user.identities).length === 1 && user.phone === null) return 'last_way_in'
  delete user.identities[app]
  const isShared = Object.values(user.identities).some(
    ({ unionid }) => unionid === identity.unionid,
  )
  if (!isShared) user.unionids = user.unionids.filter((each) => each !== identity.unionid)
  user.liveSessions = user.liveSessions.filter((each) => each !== app)
  return 'unlinked'
}

function changePhone(model: Model, user: ModelUser | undefined, phone: string) {
  if (user?.status !== 'active') return 'user_not_active'
  const holder = byPhone(model, phone)
  if (holder && holder !== user) return 'taken'
  prove(model, user, phone)
  return 'changed'
}

function withdraw(
  model: Model,
  user: ModelUser | undefined,
  what: { nickname: boolean; phone: boolean },
) {
  if (!user) return 'nobody'
  for (const each of [user, ...mergedInto(model, user)]) {
    if (what.nickname) each.nickname = null
    if (!what.phone) continue
    const none = { phone: null, hasPhone: false, claim: null, hasClaim: false, password: null }
    Object.assign(each, none)
  }
  return undefined
}

const isInTime = ({ now }: Model, { status, goneAt }: ModelUser) =>
  status === 'deleted' && goneAt !== null && now < goneAt

function leave({ now }: Model, user: ModelUser | undefined) {
  const mayLeave = user?.status === 'active' || user?.status === 'disabled'
  if (!mayLeave) return 'not_found'
  user.wasDisabled = user.status === 'disabled'
  Object.assign(user, { status: 'deleted', goneAt: now + reconsiderMs, liveSessions: [] })
  return 'deleted'
}

function comeBack(model: Model, user: ModelUser | undefined) {
  if (!user || !isInTime(model, user)) return false
  Object.assign(user, { status: user.wasDisabled ? 'disabled' : 'active', goneAt: null })
  return true
}

function mergedInto(model: Model, user: ModelUser): ModelUser[] {
  const direct = model.merges.filter((each) => !each.undone && each.into === user)
  return direct.flatMap(({ from }) => [from, ...mergedInto(model, from)])
}

function erase(model: Model, user: ModelUser | undefined) {
  if (!user || user.goneAt === null || user.goneAt > model.now) return false
  for (const each of [user, ...mergedInto(model, user)]) {
    each.status = 'erased'
    dropConflicts(model, each)
  }
  return true
}

function dropConflicts(model: Model, { name }: ModelUser) {
  model.conflicts = model.conflicts.filter((pair) => !pair.includes(name))
}

function merge(model: Model, step: { from: number; into: number }) {
  const from = named(model, step.from)
  const into = named(model, step.into)
  if (from?.status !== 'active' || into?.status !== 'active' || from === into) return 'not_found'
  if (Object.keys(from.identities).some((app) => into.identities[app])) return 'same_app'
  const { merges } = model
  const taken: ModelMerge = {
    from,
    into,
    undone: false,
    openids: Object.entries(from.identities).map(([app, { openid }]) => [app, openid]),
    unionids: from.unionids,
    tookPhone: from.phone !== null && into.phone === null,
    tookPassword: from.password !== null && into.password === null,
    tookNickname: from.nickname !== null && into.nickname === null,
  }
  merges.push(taken)
  Object.assign(into.identities, from.identities)
  into.unionids = [...into.unionids, ...from.unionids]
  if (taken.tookPhone) Object.assign(into, { phone: from.phone, hasPhone: true })
  if (taken.tookPassword) into.password = from.password
  if (taken.tookNickname) into.nickname = from.nickname
  Object.assign(from, {
    status: 'merged',
    goneAt: model.now + undoMs,
    identities: {},
    unionids: [],
    hasPhone: false,
    hasClaim: false,
    liveSessions: [],
  })
  dropConflicts(model, from)
  return 'merged'
}

function undo(model: Model, name: number) {
  const done = model.merges[name]
  if (!done || done.undone) return 'not_found'
  const { from, into } = done
  const inTime = from.status === 'merged' && from.goneAt !== null && model.now < from.goneAt
  if (!inTime || into.status !== 'active') return 'not_found'
  for (const [app, openid] of done.openids) {
    const identity = into.identities[app]
    if (identity?.openid !== openid) continue
    delete into.identities[app]
    from.identities[app] = identity
  }
  const back = done.unionids.filter((unionid) => into.unionids.includes(unionid))
  from.unionids = back
  into.unionids = into.unionids.filter((unionid) => !back.includes(unionid))
  if (done.tookPassword && into.password === from.password) into.password = null
  if (done.tookNickname && into.nickname === from.nickname) into.nickname = null

  if (from.phone !== null) {
    if (done.tookPhone && into.phone === from.phone) {
      Object.assign(into, { phone: null, hasPhone: false })
      from.hasPhone = true
    } else if (byPhone(model, from.phone)) from.phone = null
    else prove(model, from, from.phone)
  }
  if (from.claim !== null) {
    const isFree = !byPhone(model, from.claim) && !byClaim(model, from.claim)
    if (isFree) from.hasClaim = true
    else Object.assign(from, { claim: null, password: null })
  }
  Object.assign(from, { status: 'active', goneAt: null })
  into.liveSessions = []
  done.undone = true
  return 'undone'
}
