import { dayMs, type Clock } from '../clock.ts'
import { stampEvent } from '../events.ts'
import type { AuthEvent, Emit } from '../hooks.ts'
import { formatId } from '../id.ts'
import type { Store, StoredConflict } from '../store/store.ts'

type Parts = { store: Store; clock: Clock; emit: Emit }

/** For so long a merge can be undone. (R12) */
const undoMergeMs = 30 * dayMs

/**
 * Makes two users one. Nothing but this ever does. (R12) [WX-9]
 *
 * @returns The merge, for undoing it; or why there is none.
 */
export async function mergeUsers(
  parts: Parts,
  { from_id, into_id }: { from_id: number; into_id: number },
): Promise<number | 'same_app' | 'not_found'> {
  const { store, clock } = parts
  const id = store.newId()
  const now_ms = clock.now()
  const told = tellMerge('users_merged', { id, from_id, into_id })
  const event = stampEvent(parts, told)
  const write = { id, from_id, into_id, now_ms, gone_at: now_ms + undoMergeMs, event }
  const outcome = await store.mergeUsers(write)
  if (outcome !== 'merged') return outcome
  parts.emit(told)
  return id
}

export async function undoMerge(
  parts: Parts,
  merge: { id: number; from_id: number; into_id: number },
): Promise<'undone' | 'not_found'> {
  const told = tellMerge('merge_undone', merge)
  const write = { id: merge.id, now_ms: parts.clock.now(), event: stampEvent(parts, told) }
  const outcome = await parts.store.undoMerge(write)
  if (outcome === 'undone') parts.emit(told)
  return outcome
}

function tellMerge(
  kind: 'users_merged' | 'merge_undone',
  { id, from_id, into_id }: { id: number; from_id: number; into_id: number },
): AuthEvent {
  const merge_id = formatId('mrg', id)
  return { kind, merge_id, user_id: formatId('usr', into_id), from_id: formatId('usr', from_id) }
}

/** Leaves two users apart who might have been one. */
export async function dismissConflict(
  parts: Parts,
  { id, user_id, holder_id }: StoredConflict,
): Promise<'dismissed' | 'not_found'> {
  const told: AuthEvent = {
    kind: 'conflict_dismissed',
    conflict_id: formatId('cnf', id),
    user_id: formatId('usr', user_id),
    holder_id: formatId('usr', holder_id),
  }
  const write = { id, now_ms: parts.clock.now(), event: stampEvent(parts, told) }
  if (!(await parts.store.dismissConflict(write))) return 'not_found'
  parts.emit(told)
  return 'dismissed'
}
