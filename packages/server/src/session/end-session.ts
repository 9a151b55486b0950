import { stampEvent, type EventParts } from '../events.ts'
import type { AuthEvent } from '../hooks.ts'
import { formatId } from '../id.ts'
import type { EndReason } from '../store/store.ts'

/** @returns Whether this call ended it. */
export async function endSessionOf(
  parts: EventParts,
  { id, user_id }: { id: number; user_id: number },
  reason: EndReason,
): Promise<boolean> {
  const told: AuthEvent = {
    kind: 'session_ended',
    user_id: formatId('usr', user_id),
    session_id: formatId('ses', id),
    reason,
  }
  const now_ms = parts.clock.now()
  const event = stampEvent(parts, told)
  if (!(await parts.store.endSession({ id, user_id, now_ms, reason, event }))) return false
  parts.emit(told)
  return true
}

/** @returns How many sessions were ended. */
export async function endOthers(
  parts: EventParts,
  user_id: number,
  keep_id: number,
): Promise<number> {
  const told: AuthEvent = {
    kind: 'other_sessions_ended',
    user_id: formatId('usr', user_id),
    session_id: formatId('ses', keep_id),
  }
  const write = { user_id, keep_id, now_ms: parts.clock.now(), event: stampEvent(parts, told) }
  const revoked = await parts.store.endOtherSessions({ ...write, reason: 'removed' })
  if (revoked > 0) parts.emit(told)
  return revoked
}

/**
 * Ends all but a user's newest sessions in an app. Each who signs in does so after their own
 * session is written: of those at once the last sees all of them, so that no more than `max` are
 * left. [SE-7]
 */
export async function keepNewestSessions(
  parts: EventParts,
  { user_id, app_id, max }: { user_id: number; app_id: string; max: number },
): Promise<void> {
  const live = await parts.store.listSessions({ user_id, now_ms: parts.clock.now() })
  const tooMany = live.filter((session) => session.app_id === app_id).slice(max)
  for (const { id } of tooMany) await endSessionOf(parts, { id, user_id }, 'too_many')
}
