import type { Connection } from './database.ts'
import type { SqlStatements } from './sql-statements.ts'

/**
 * The number is proven now: whoever claimed it before loses it, and so its password.
 *
 * @returns Whether it is this user's. Where not, some of the indexes may be: the caller undoes it.
 */
export async function holdPhone(
  run: SqlStatements,
  on: Connection,
  indexes: readonly string[],
  user_id: number,
): Promise<boolean> {
  for (const phone_index of indexes) {
    const added = await run.addPhoneIndex(on, { phone_index, user_id })
    if (!added.numAffectedRows) return false
  }
  const { rows } = await on.executeQuery(run.holdersOfUnverifiedPhone(indexes))
  for (const claimant of rows) {
    await dropClaim(run, on, claimant.user_id)
    if (claimant.user_id !== user_id) {
      await run.setPasswordAnyhow(on, { user_id: claimant.user_id, password: null })
    }
  }
  await dropClaim(run, on, user_id)
  return true
}

/**
 * Makes a number that nobody has proven or claimed lead to a user who did not prove it.
 *
 * @returns Whether it does. Where not, some of the indexes may: the caller undoes it.
 */
export async function holdClaim(
  run: SqlStatements,
  on: Connection,
  indexes: readonly string[],
  user_id: number,
): Promise<boolean> {
  const proven = await on.executeQuery(run.usersByPhone(indexes, ''))
  if (proven.rows.length > 0) return false
  for (const phone_index of indexes) {
    const added = await run.addUnverifiedPhoneIndex(on, { phone_index, user_id })
    if (!added.numAffectedRows) return false
  }
  return true
}

export async function dropClaim(run: SqlStatements, on: Connection, user_id: number) {
  await run.removeUnverifiedPhoneIndexes(on, { user_id })
  await run.setUnverifiedPhone(on, { user_id, phone: null, phone_index: null })
}
