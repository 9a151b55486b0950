import type { Connection } from './database.ts'
import { gatherMerged } from './merge-users.ts'
import type { SqlStatements } from './sql-statements.ts'

/** Removes a user whose time has come, with those who were merged into them. */
export async function eraseUser(
  run: SqlStatements,
  on: Connection,
  { id, now_ms }: { id: number; now_ms: number },
): Promise<boolean> {
  const [user] = (await run.lockUser(on, { id })).rows
  const isGone = user?.gone_at != null && user.gone_at <= now_ms
  if (!isGone || (user.status !== 'deleted' && user.status !== 'merged')) return false
  for (const user_id of await gatherMerged(run, on, id))
    await removeRowsOf(run, on, user_id, now_ms)
  return true
}

async function removeRowsOf(run: SqlStatements, on: Connection, user_id: number, now_ms: number) {
  const [user] = (await run.lockUser(on, { id: user_id })).rows
  if (user?.avatar != null) await run.addLooseBlob(on, { name: user.avatar, at: now_ms })
  await run.removeIdentities(on, { user_id })
  await run.removeUnionids(on, { user_id })
  await run.removePhoneIndexes(on, { user_id })
  await run.removeUnverifiedPhoneIndexes(on, { user_id })
  await run.removePreferences(on, { user_id })
  await run.removeConflictsOf(on, { user_id })
  await run.removeMergesOf(on, { user_id })
  await run.removeSessions(on, { user_id })
  await run.removeUser(on, { id: user_id })
}
