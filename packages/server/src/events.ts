import type { Clock } from './clock.ts'
import type { AuthEvent, Emit } from './hooks.ts'
import { parseId } from './id.ts'
import type { Store, StoredEvent } from './store/store.ts'

export type EventParts = { readonly store: Store; readonly clock: Clock; readonly emit: Emit }

/** The event as the audit log keeps it; it is written in the transaction of the act itself. [LG-1] */
export function stampEvent(
  { store, clock }: Pick<EventParts, 'store' | 'clock'>,
  event: AuthEvent,
): StoredEvent {
  const { kind, ...told } = event
  const { user_id, session_id, app_id, ...detail }: Told = told
  return {
    id: store.newId(),
    at: clock.now(),
    kind,
    user_id: user_id === undefined ? null : (parseId('usr', user_id) ?? null),
    session_id: session_id === undefined ? null : (parseId('ses', session_id) ?? null),
    app_id: app_id ?? null,
    detail: Object.keys(detail).length > 0 ? JSON.stringify(detail) : null,
  }
}

type Told = { user_id?: string; session_id?: string; app_id?: string | undefined }

/** Writes down and tells what changed nothing else in the store. */
export async function recordEvent(parts: EventParts, event: AuthEvent): Promise<void> {
  await parts.store.addEvent(stampEvent(parts, event))
  parts.emit(event)
}
