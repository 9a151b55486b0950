import type { Clock } from './clock.ts'
import type { Emit } from './hooks.ts'
import type { BlobStore } from './store/blob-store.ts'
import type { Store } from './store/store.ts'
import { eraseUser } from './user/leave.ts'

export type TidyParts = {
  readonly store: Store
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly emit: Emit
  readonly retention: Retention
}

/** How long is kept what nobody needs any more. [PI-4] */
export type Retention = {
  /** Sessions, after they ended. */
  readonly sessionMs: number
  /** The audit log. */
  readonly eventMs: number
}

/** Rows that are looked at in one transaction, and pictures that are removed at once. */
const batch = 500

/**
 * Removes what has had its time: deleted accounts, pictures that no user has, old sessions and
 * events. Several processes may do it at once, and it may be ended anywhere.
 *
 * @param isOver Asked between batches: whether to leave the rest for later.
 */
export async function tidy(parts: TidyParts, isOver: () => boolean): Promise<void> {
  const { store, clock, retention } = parts
  const now_ms = clock.now()
  const goOn = (found: number) => found === batch && !isOver()

  async function eraseGoneUsers() {
    let users
    do {
      users = await store.listGoneUsers({ now_ms, limit: batch })
      await doAll(
        users.map(
          ({ id }) =>
            () =>
              eraseUser(parts, id),
        ),
      )
    } while (goOn(users.length))
  }

  async function removeLooseBlobs() {
    let names
    do {
      names = await store.listLooseBlobs({ now_ms, limit: batch })
      await doAll(names.map((name) => () => removeBlob(parts, name)))
    } while (goOn(names.length))
  }

  async function pruneSessions() {
    const before = now_ms - retention.sessionMs
    let after: number | undefined = 0
    while (after !== undefined && !isOver()) {
      after = await store.pruneSessions({ after, before, limit: batch })
    }
  }

  async function pruneEvents() {
    let events
    do {
      events = await store.pruneEvents({ before: now_ms - retention.eventMs, limit: batch })
    } while (goOn(events))
  }

  await doAll([eraseGoneUsers, removeLooseBlobs, pruneSessions, pruneEvents])
}

async function removeBlob({ store, blobs }: TidyParts, name: string) {
  await blobs.delete(name)
  await store.removeLooseBlob(name)
}

/** One after the other, also where one fails: a bucket that is away keeps no old session alive. */
async function doAll(acts: readonly (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = []
  for (const act of acts) await act().catch((error: unknown) => errors.push(error))
  if (errors.length > 1) throw new AggregateError(errors, `${errors.length} acts of tidying failed`)
  if (errors.length === 1) throw errors[0]
}
