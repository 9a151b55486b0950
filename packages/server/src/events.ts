import type { Clock } from './clock.ts'
import type { AuthEvent, Emit } from './hooks.ts'
import { formatId, parseId } from './id.ts'
import type { Store, StoredEvent } from './store/store.ts'

export type EventParts = {
  readonly store: Store
  readonly clock: Clock
  readonly emit: Emit
  /** Who acts, where an administrator does. */
  readonly admin_id?: string
}

/** The parts on which an administrator acts: whatever is done on them is written down as theirs. */
export function actAs<Parts extends EventParts>(parts: Parts, admin_id: string): Parts {
  return { ...parts, admin_id, emit: (event: AuthEvent) => parts.emit({ ...event, admin_id }) }
}

/** The event as the audit log keeps it; it is written in the transaction of the act itself. [LG-1] */
export function stampEvent(
  { store, clock, admin_id }: Pick<EventParts, 'store' | 'clock' | 'admin_id'>,
  event: AuthEvent,
): StoredEvent {
  const { kind, ...told } = event
  const { user_id, session_id, app_id, ...detail }: Told = {
    ...told,
    ...(admin_id !== undefined && { admin_id }),
  }
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

type Told = {
  user_id?: string
  session_id?: string
  app_id?: string | undefined
  readonly [detail: string]: unknown
}

/** An event as the audit log tells it outside: what {@link stampEvent} took apart, together again. */
export type ToldEvent = {
  readonly id: string
  /** RFC 3339. */
  readonly at: string
  readonly kind: string
} & Readonly<Record<string, unknown>>

export function tellEvent({ id, at, kind, detail, ...of }: StoredEvent): ToldEvent {
  const rest: unknown = detail === null ? undefined : JSON.parse(detail)
  return {
    ...(typeof rest === 'object' && rest),
    ...(of.user_id !== null && { user_id: formatId('usr', of.user_id) }),
    ...(of.session_id !== null && { session_id: formatId('ses', of.session_id) }),
    ...(of.app_id !== null && { app_id: of.app_id }),
    id: formatId('evt', id),
    at: new Date(at).toISOString(),
    kind,
  }
}

/** Writes down and tells what changed nothing else in the store. */
export async function recordEvent(parts: EventParts, event: AuthEvent): Promise<void> {
  await parts.store.addEvent(stampEvent(parts, event))
  parts.emit(event)
}
