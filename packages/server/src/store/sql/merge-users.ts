import type { StoredUser } from '../store.ts'
import { Rollback, type Connection } from './database.ts'
import { dropClaim, holdClaim, holdPhone } from './hold-phone.ts'
import type { SqlStatements } from './sql-statements.ts'

type Names = { from_id: number; into_id: number }

/** What a merge took from one user, as the table `merges` keeps it for giving it back. */
type Taken = {
  identities: readonly { app_id: string; openid: string }[]
  unionids: readonly { open_platform: string; unionid: string }[]
  phone_indexes: readonly string[]
  /** Whether the number went along, or was let go because the other user has one. */
  phone: 'moved' | 'freed' | 'none'
  /** Of a number that was claimed without proof: it does not go along. */
  claim_indexes: readonly string[]
  password: boolean
  nickname: boolean
  /** The picture goes along: a blob has one user. */
  avatar: string | null
  preferences: boolean
}

/** Moves everything that leads to one user over to another. */
export async function mergeUsers(
  run: SqlStatements,
  on: Connection,
  {
    id,
    from_id,
    into_id,
    now_ms,
    gone_at,
  }: Names & { id: number; now_ms: number; gone_at: number },
): Promise<'merged' | 'same_app' | 'not_found'> {
  const { from, into } = await lockPair(run, on, { from_id, into_id })
  if (from_id === into_id || from?.status !== 'active' || into?.status !== 'active') {
    return 'not_found'
  }
  const shared = await run.sharedApps(on, { one: from_id, other: into_id })
  if (shared.rows.length > 0) return 'same_app'

  const names = { from_id, into_id }
  const identities = (await run.identitiesOfUser(on, { user_id: from_id })).rows
  const unionids = (await run.unionidsOfUser(on, { user_id: from_id })).rows
  const phones = (await run.phoneIndexesOfUser(on, { user_id: from_id })).rows
  const claims = (await run.unverifiedPhoneIndexesOfUser(on, { user_id: from_id })).rows
  await run.moveIdentities(on, names)
  await run.moveUnionids(on, names)

  const { phone, phone_index } = from
  const phoneGoesAlong = phone !== null && into.phone === null
  if (phoneGoesAlong) {
    await run.movePhoneIndexes(on, names)
    await run.setPhone(on, { user_id: into_id, phone, phone_index })
  } else {
    await run.removePhoneIndexes(on, { user_id: from_id })
  }
  await run.removeUnverifiedPhoneIndexes(on, { user_id: from_id })

  const taken: Taken = {
    identities: identities.map(({ app_id, openid }) => ({ app_id, openid })),
    unionids: unionids.map(({ open_platform, unionid }) => ({ open_platform, unionid })),
    phone_indexes: phones.map((row) => row.phone_index),
    claim_indexes: claims.map((row) => row.phone_index),
    phone: phone === null ? 'none' : phoneGoesAlong ? 'moved' : 'freed',
    password: await takePassword(run, on, names),
    nickname: into.nickname === null && from.nickname !== null,
    avatar: into.avatar === null ? from.avatar : null,
    preferences: await takePreferences(run, on, names),
  }
  if (taken.nickname) await run.setNickname(on, { id: into_id, nickname: from.nickname })
  await moveAvatar(run, on, names, taken.avatar)

  await run.endSessionsOfUser(on, { user_id: from_id, keep_id: 0, now_ms, reason: 'user_merged' })
  await run.removeConflictsOf(on, { user_id: from_id })
  await run.moveStatus(on, { id: from_id, from: 'active', to: 'merged', gone_at })
  await run.addMerge(on, { id, ...names, created_at: now_ms, taken: JSON.stringify(taken) })
  return 'merged'
}

/** In the order of their ids: of two acts on one pair neither waits for the other for ever. */
async function lockPair(run: SqlStatements, on: Connection, { from_id, into_id }: Names) {
  const users = new Map<number, StoredUser>()
  for (const id of [Math.min(from_id, into_id), Math.max(from_id, into_id)]) {
    const [user] = (await run.lockUser(on, { id })).rows
    if (user) users.set(id, user)
  }
  return { from: users.get(from_id), into: users.get(into_id) }
}

async function takePassword(run: SqlStatements, on: Connection, { from_id, into_id }: Names) {
  const [theirs] = (await run.password(on, { user_id: from_id })).rows
  const [own] = (await run.password(on, { user_id: into_id })).rows
  if (theirs?.password == null || own?.password != null) return false
  await run.setPasswordAnyhow(on, { user_id: into_id, password: theirs.password })
  return true
}

async function moveAvatar(
  run: SqlStatements,
  on: Connection,
  { from_id, into_id }: Names,
  avatar: string | null,
) {
  if (avatar === null) return
  await run.setAvatar(on, { id: from_id, avatar: null })
  await run.setAvatar(on, { id: into_id, avatar })
}

async function takePreferences(run: SqlStatements, on: Connection, names: Names) {
  const own = await run.preferences(on, { user_id: names.into_id })
  if (own.rows.length > 0) return false
  return Boolean((await run.movePreferences(on, names)).numAffectedRows)
}

/** @returns This user, and who was merged into them, by whatever way. */
export async function gatherMerged(
  run: SqlStatements,
  on: Connection,
  id: number,
): Promise<readonly number[]> {
  const all = [id]
  // A chain of merges ends, because nobody is merged twice.
  for (const into_id of all) {
    const merged = await run.mergedInto(on, { into_id })
    all.push(...merged.rows.map(({ from_id }) => from_id))
  }
  return all
}

/** Gives back what is still there. What was changed or removed since stays so. */
export async function undoMerge(
  run: SqlStatements,
  on: Connection,
  { id, now_ms }: { id: number; now_ms: number },
): Promise<'undone' | 'not_found'> {
  const [merge] = (await run.merge(on, { id })).rows
  if (!merge) return 'not_found'
  const { from_id, into_id } = merge
  const { from, into } = await lockPair(run, on, { from_id, into_id })
  const inTime = from?.status === 'merged' && from.gone_at !== null && from.gone_at > now_ms
  if (!inTime || into?.status !== 'active') return 'not_found'

  const taken = JSON.parse(merge.taken) as Taken
  const back = { from_id: into_id, into_id: from_id }
  for (const each of taken.identities) await run.moveIdentity(on, { ...each, ...back })
  for (const each of taken.unionids) await run.moveUnionid(on, { ...each, ...back })
  if (from.phone === null) {
    // It was withdrawn since.
  } else if (taken.phone === 'moved' && into.phone_index === from.phone_index) {
    await run.movePhoneIndexes(on, back)
    await run.setPhone(on, { user_id: into_id, phone: null, phone_index: null })
  } else if (!(await retakePhone(run, on, from_id, taken.phone_indexes))) {
    await run.setPhone(on, { user_id: from_id, phone: null, phone_index: null })
  }
  await giveBackPassword(run, on, back, taken)
  await giveBackClaim(run, on, from_id, taken.claim_indexes)
  if (taken.nickname && into.nickname === from.nickname) {
    await run.setNickname(on, { id: into_id, nickname: null })
  }
  if (into.avatar === taken.avatar) await moveAvatar(run, on, back, taken.avatar)
  if (taken.preferences) await run.movePreferences(on, back)

  const end = { keep_id: 0, now_ms, reason: 'user_merged' } as const
  await run.endSessionsOfUser(on, { user_id: into_id, ...end })
  await run.moveStatus(on, { id: from_id, from: 'merged', to: 'active', gone_at: null })
  const undone = await run.undoneMerge(on, { id, now_ms })
  if (!undone.numAffectedRows) throw new Rollback('not_found' as const)
  return 'undone'
}

/** The number that was let go, if nobody has proven it since. */
async function retakePhone(
  run: SqlStatements,
  on: Connection,
  user_id: number,
  indexes: readonly string[],
): Promise<boolean> {
  if (await holdPhone(run, on, indexes, user_id)) return true
  await run.removePhoneIndexes(on, { user_id })
  await run.removeUnverifiedPhoneIndexes(on, { user_id })
  return false
}

async function giveBackPassword(
  run: SqlStatements,
  on: Connection,
  { from_id, into_id }: Names,
  taken: Taken,
) {
  if (!taken.password) return
  const [lent] = (await run.password(on, { user_id: from_id })).rows
  const [own] = (await run.password(on, { user_id: into_id })).rows
  if (lent?.password === own?.password) {
    await run.setPasswordAnyhow(on, { user_id: from_id, password: null })
  }
}

/** The number that somebody claimed, if nobody has proven or claimed it since. */
async function giveBackClaim(
  run: SqlStatements,
  on: Connection,
  user_id: number,
  indexes: readonly string[],
) {
  const [row] = (await run.unverifiedPhone(on, { user_id })).rows
  if (row?.unverified_phone == null || (await holdClaim(run, on, indexes, user_id))) return
  await dropClaim(run, on, user_id)
  await run.setPasswordAnyhow(on, { user_id, password: null })
}
