import type { Clock } from '../clock.ts'
import { stampEvent } from '../events.ts'
import type { Actor, AuthEvent, Emit } from '../hooks.ts'
import { formatId } from '../id.ts'
import type { Store } from '../store/store.ts'

type Parts = { store: Store; clock: Clock; emit: Emit }

/**
 * Deletes a user: refused from now on, gone later. [PI-2]
 *
 * @param reconsiderMs For so long it can be taken back.
 * @returns When they are gone, in milliseconds; `undefined` for nobody who could be deleted.
 */
export async function deleteUser(
  parts: Parts,
  id: number,
  { by, reconsiderMs }: { by: Actor; reconsiderMs: number },
): Promise<number | undefined> {
  const now_ms = parts.clock.now()
  const gone_at = now_ms + reconsiderMs
  const told: AuthEvent = {
    kind: 'user_deleted',
    user_id: formatId('usr', id),
    by,
    gone_at: new Date(gone_at).toISOString(),
  }
  const event = stampEvent(parts, told)
  if ((await parts.store.deleteUser({ id, now_ms, gone_at, event })) !== 'deleted') return undefined
  parts.emit(told)
  return gone_at
}

/** Takes a deletion back that is not yet done. */
export async function restoreUser(
  parts: Parts,
  id: number,
  by: Actor,
): Promise<'restored' | 'not_found'> {
  const told: AuthEvent = { kind: 'user_restored', user_id: formatId('usr', id), by }
  const write = { id, now_ms: parts.clock.now(), event: stampEvent(parts, told) }
  const outcome = await parts.store.restoreUser(write)
  if (outcome === 'restored') parts.emit(told)
  return outcome
}

/** Removes a user whose time has come, with everything that leads to them. */
export async function eraseUser(parts: Parts, id: number): Promise<void> {
  const told: AuthEvent = { kind: 'user_erased', user_id: formatId('usr', id) }
  const write = { id, now_ms: parts.clock.now(), event: stampEvent(parts, told) }
  if (await parts.store.eraseUser(write)) parts.emit(told)
}
