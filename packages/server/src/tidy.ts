import { minuteMs } from './clock.ts'
import { moveKeysOn, type RotateParts } from './session/rotate-keys.ts'
import type { BlobStore } from './store/blob-store.ts'
import type { Cutoff } from './store/store.ts'
import { eraseUser } from './user/leave.ts'

export type TidyParts = RotateParts & {
  readonly blobs: BlobStore
  readonly retention: Retention
  /** The longest life of an access token. */
  readonly tokenLifetimeMs: number
}

/** How long is kept what nobody needs any more. [PI-4] */
export type Retention = {
  /** Sessions, after they ended. */
  readonly sessionMs: number
  /** The audit log. */
  readonly eventMs: number
}

/**
 * How long after their end sessions are still told of, beside the life of a token: more than any
 * overlap of looks into the store.
 */
const toldForMs = 5 * minuteMs

/** Rows that are looked at in one transaction, and pictures that are removed at once. */
const batch = 500

/**
 * Removes what has had its time: deleted accounts, pictures that no user has, old sessions and
 * events; signing keys move on. Several processes may do it at once, and it may be ended anywhere.
 *
 * @param isOver Asked between batches: whether to leave the rest for later.
 */
export async function tidy(parts: TidyParts, isOver: () => boolean): Promise<void> {
  const { store, clock, retention } = parts
  const now_ms = clock.now()
  const unheardBefore = now_ms - parts.tokenLifetimeMs - toldForMs
  const goOn = (found: number) => found === batch && !isOver()

  async function eraseGoneUsers() {
    let erased: number
    do {
      erased = 0
      const users = await store.listGoneUsers({ now_ms, limit: batch })
      await doAll(
        users.map(({ id }) => async () => {
          if (await isToldOf(id)) return
          await eraseUser(parts, id)
          erased++
        }),
      )
    } while (goOn(erased))
  }

  /** Whoever is erased in the minute they left would leave tokens behind that nobody hears are void. */
  async function isToldOf(id: number) {
    const sessions = await store.listPastSessions(id)
    return sessions.some(({ ended_at }) => ended_at !== null && ended_at > unheardBefore)
  }

  /** Not before the cutoff is nobody's news: its sessions are not told of one by one. */
  async function endCutSessions() {
    for (const cutoff of await store.listCutoffs()) {
      if (cutoff.at <= unheardBefore) await endSessionsOf(cutoff)
    }
  }

  async function endSessionsOf(cutoff: Cutoff) {
    const name = `cutoff/${cutoff.app_id ?? '*'}`
    const from = await store.readCursor(name)
    if (from !== undefined && from >= cutoff.at) return
    let after: number | undefined = 0
    while (after !== undefined) {
      if (isOver()) return
      after = await store.endCutSessions({ ...cutoff, after, limit: batch })
    }
    await store.moveCursor({ name, from, to: cutoff.at })
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

  const pruneAdmins = () => store.pruneAdmins(now_ms)
  const moveKeys = () => moveKeysOn(parts)
  await doAll([
    eraseGoneUsers,
    removeLooseBlobs,
    endCutSessions,
    pruneSessions,
    pruneEvents,
    pruneAdmins,
    moveKeys,
  ])
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
