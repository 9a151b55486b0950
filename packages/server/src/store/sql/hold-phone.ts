import type { Connection } from './database.ts'
import type { SqlStatements } from './sql-statements.ts'

/**
 * The number is proven now, in place of the user's own if they had one: whoever claimed it before
 * loses it, and so its password.
 *
 * @returns Whether it is this user's. Where not, some of the indexes may be: the caller undoes it.
 */
export async function holdPhone(
  run: SqlStatements,
  on: Connection,
  indexes: readonly string[],
  user_id: number,
): Promise<boolean> {
  const claimants = await holdClaims(run, on, indexes, user_id)
  await run.removePhoneIndexes(on, { user_id })
  for (const phone_index of indexes) {
    const added = await run.addPhoneIndex(on, { phone_index, user_id })
    if (!added.numAffectedRows) return false
  }
  for (const claimant of claimants) {
    if (claimant === user_id) continue
    await dropClaim(run, on, claimant)
    await run.setPasswordAnyhow(on, { user_id: claimant, password: null })
  }
  await dropClaim(run, on, user_id)
  return true
}

/**
 * Whoever proves a number and whoever else does or claims it meet at the claim, before either holds
 * anything else of it: one waits for the other.
 *
 * @returns Who claimed it, this user among them where nobody else did.
 */
async function holdClaims(
  run: SqlStatements,
  on: Connection,
  indexes: readonly string[],
  user_id: number,
): Promise<ReadonlySet<number>> {
  for (;;) {
    for (const phone_index of indexes) {
      await run.addUnverifiedPhoneIndex(on, { phone_index, user_id })
    }
    const { rows } = await on.executeQuery(run.lockClaims(indexes))
    // Where there are fewer, the claim that was in the way has ended meanwhile.
    if (rows.length >= new Set(indexes).size) return new Set(rows.map((row) => row.user_id))
  }
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
  for (const phone_index of indexes) {
    const added = await run.addUnverifiedPhoneIndex(on, { phone_index, user_id })
    if (!added.numAffectedRows) return false
  }
  const proven = await on.executeQuery(run.lockPhones(indexes))
  return proven.rows.length === 0
}

export async function dropClaim(run: SqlStatements, on: Connection, user_id: number) {
  await run.removeUnverifiedPhoneIndexes(on, { user_id })
  await run.setUnverifiedPhone(on, { user_id, phone: null, phone_index: null })
}
