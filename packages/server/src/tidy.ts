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
  const { store, blobs, clock, retention } = parts
  const now_ms = clock.now()
  const goOn = (found: number) => found === batch && !isOver()

  let users
  do {
    users = await store.listGoneUsers({ now_ms, limit: batch })
    for (const { id } of users) await eraseUser(parts, id)
  } while (goOn(users.length))

  let names
  do {
    names = await store.listLooseBlobs({ now_ms, limit: batch })
    for (const name of names) {
      await blobs.delete(name)
      await store.removeLooseBlob(name)
    }
  } while (goOn(names.length))

  const before = now_ms - retention.sessionMs
  let after: number | undefined = 0
  while (after !== undefined && !isOver()) {
    after = await store.pruneSessions({ after, before, limit: batch })
  }

  let events
  do {
    events = await store.pruneEvents({ before: now_ms - retention.eventMs, limit: batch })
  } while (goOn(events))
}
