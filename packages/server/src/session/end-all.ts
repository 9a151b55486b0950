import { secondMs, type Clock } from '../clock.ts'
import { stampEvent } from '../events.ts'
import type { AuthEvent, Emit } from '../hooks.ts'
import { formatId } from '../id.ts'
import type { Store } from '../store/store.ts'

type Parts = { store: Store; clock: Clock; emit: Emit }

/** @returns How many sessions were ended. */
export async function endAllOfUser(parts: Parts, user_id: number): Promise<number> {
  const told: AuthEvent = { kind: 'all_sessions_ended', user_id: formatId('usr', user_id) }
  const ended = await parts.store.endOtherSessions({
    user_id,
    keep_id: 0,
    now_ms: parts.clock.now(),
    reason: 'ended_by_operator',
    event: stampEvent(parts, told),
  })
  if (ended > 0) parts.emit(told)
  return ended
}

/**
 * Ends every session of an app, or of all, in one small write, however many they are.
 *
 * @returns The instant before which they began: the next whole second, so that whoever verifies can
 *   hold it against the seconds in a token. Who signs in within that second signs in once more.
 */
export async function cutOff(parts: Parts, app_id: string | null): Promise<number> {
  const at = (Math.floor(parts.clock.now() / secondMs) + 1) * secondMs
  const told: AuthEvent = { kind: 'all_sessions_ended', ...(app_id !== null && { app_id }) }
  await parts.store.addCutoff({ app_id, at, event: stampEvent(parts, told) })
  parts.emit(told)
  return at
}
