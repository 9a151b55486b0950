import type { AuthEvent } from '../hooks.ts'
import { formatId, parseId } from '../id.ts'
import { readPage, type Page } from './page.ts'
import type { Ready } from './parts.ts'

/** An event of the audit log. */
export type LoggedEvent = {
  readonly id: string
  readonly at: Date
  readonly kind: AuthEvent['kind']
  readonly user_id: string | null
  readonly session_id: string | null
  readonly app_id: string | null
  /** By kind, as {@link AuthEvent} has it. */
  readonly detail: Readonly<Record<string, unknown>>
}

export type EventOperations = {
  /** Oldest first. */
  list(query?: Page & { user_id?: string }): Promise<readonly LoggedEvent[]>
}

export function eventOperations(ready: Ready): EventOperations {
  return {
    async list({ user_id, ...page } = {}) {
      const { store } = await ready()
      const number = user_id === undefined ? undefined : parseId('usr', user_id)
      if (user_id !== undefined && number === undefined) return []
      const query = { ...readPage('evt', page), ...(number !== undefined && { user_id: number }) }
      const events = await store.listEvents(query)
      return events.map(({ id, at, kind, app_id, detail, ...ids }) => ({
        id: formatId('evt', id),
        at: new Date(at),
        // Only what the union names is ever written.
        kind: kind as AuthEvent['kind'],
        user_id: ids.user_id === null ? null : formatId('usr', ids.user_id),
        session_id: ids.session_id === null ? null : formatId('ses', ids.session_id),
        app_id,
        detail: detail === null ? {} : (JSON.parse(detail) as Record<string, unknown>),
      }))
    },
  }
}
