import { dayMs, systemClock, type Clock } from './clock.ts'
import { ConfigError } from './errors.ts'
import { stampEvent } from './events.ts'
import type { AuthEvent, Emit } from './hooks.ts'
import { formatId, parseId } from './id.ts'
import type { Store } from './store/store.ts'
import { deleteUser, restoreUser } from './user/leave.ts'
import { dismissConflict, mergeUsers, undoMerge } from './user/merge.ts'

type Parts = {
  readonly store: Store
  readonly clock: Clock
  readonly emit: Emit
  readonly reconsiderMs: number
}

/** Two users who may be one person: a unionid arrived for one that the other holds. (R9) */
export type Conflict = {
  readonly id: string
  readonly user_id: string
  readonly holder_id: string
  readonly app_id: string
  readonly created_at: Date
}

export type Merge = {
  readonly id: string
  readonly from_id: string
  readonly into_id: string
  readonly created_at: Date
  readonly undone_at: Date | null
}

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

/** A part of a long list. */
export type Page = {
  /** The id that the part before ended with. Default: from the oldest. */
  readonly after?: string
  /** 1 to 1000. Default 100. */
  readonly limit?: number
}

/** What an operator does, by program. Every act is written to the audit log. */
export type Operations = {
  readonly users: {
    /**
     * Refuses the user by every way in and ends all sessions. @returns `not_found` for an unknown
     * id, and for one who is deleted or merged.
     */
    disable(id: string): Promise<'changed' | 'not_found'>
    enable(id: string): Promise<'changed' | 'not_found'>
    /** As by their own wish: gone after `deletionDays`. */
    delete(id: string): Promise<'deleted' | 'not_found'>
    /** Takes a deletion back that is not yet done. */
    restore(id: string): Promise<'restored' | 'not_found'>
    /**
     * Makes two users one, which can be undone for 30 days. `same_app`: each has an identity of its
     * own in one app, so they are two people to WeChat. (R12)
     *
     * @returns The id of the merge, where it was done.
     */
    merge(users: {
      from: string
      into: string
    }): Promise<{ outcome: 'merged'; merge_id: string } | { outcome: 'same_app' | 'not_found' }>
    /** Gives back what a merge took, where it still is; both sign in anew. */
    undoMerge(merge_id: string): Promise<'undone' | 'not_found'>
    merges(page?: Page): Promise<readonly Merge[]>
  }
  readonly conflicts: {
    list(page?: Page): Promise<readonly Conflict[]>
    /** Leaves the two apart. */
    dismiss(id: string): Promise<'dismissed' | 'not_found'>
  }
  readonly events: {
    /** Oldest first. */
    list(query?: Page & { user_id?: string }): Promise<readonly LoggedEvent[]>
  }
}

/**
 * What an operator does, on a store alone: beside the servers that run on it.
 *
 * @param options.deletionDays As of `createAuth`: 0 to 15. Default 7.
 * @throws {@link ConfigError} `deletionDays` is out of its range.
 */
export function openOperations({
  store,
  clock = systemClock,
  deletionDays = 7,
}: {
  store: Store
  clock?: Clock
  deletionDays?: number
}): Operations {
  if (!Number.isInteger(deletionDays) || deletionDays < 0 || deletionDays > 15) {
    throw new ConfigError('deletionDays has to be a whole number from 0 to 15.')
  }
  const emit = () => {}
  return operations(async () => ({ store, clock, emit, reconsiderMs: deletionDays * dayMs }))
}

export function operations(ready: () => Promise<Parts>): Operations {
  async function setStatus(id: string, status: 'active' | 'disabled') {
    const parts = await ready()
    const number = parseId('usr', id)
    if (number === undefined) return 'not_found'
    const told: AuthEvent = { kind: 'user_status_changed', user_id: id, status }
    const write = { id: number, status, now_ms: parts.clock.now(), event: stampEvent(parts, told) }
    const outcome = await parts.store.setUserStatus(write)
    if (outcome === 'changed') parts.emit(told)
    return outcome
  }

  return {
    users: {
      disable: (id) => setStatus(id, 'disabled'),
      enable: (id) => setStatus(id, 'active'),

      async delete(id) {
        const parts = await ready()
        const number = parseId('usr', id)
        if (number === undefined) return 'not_found'
        const { reconsiderMs } = parts
        const gone_at = await deleteUser(parts, number, { by: 'operator', reconsiderMs })
        return gone_at === undefined ? 'not_found' : 'deleted'
      },

      async restore(id) {
        const number = parseId('usr', id)
        return number === undefined ? 'not_found' : restoreUser(await ready(), number, 'operator')
      },

      async merge({ from, into }) {
        const from_id = parseId('usr', from)
        const into_id = parseId('usr', into)
        if (from_id === undefined || into_id === undefined) return { outcome: 'not_found' }
        const merged = await mergeUsers(await ready(), { from_id, into_id })
        if (typeof merged === 'string') return { outcome: merged }
        return { outcome: 'merged', merge_id: formatId('mrg', merged) }
      },

      async undoMerge(merge_id) {
        const parts = await ready()
        const id = parseId('mrg', merge_id)
        if (id === undefined) return 'not_found'
        const [merge] = await parts.store.listMerges({ after: id - 1, limit: 1 })
        return merge?.id === id ? undoMerge(parts, merge) : 'not_found'
      },

      async merges(page) {
        const { store } = await ready()
        const merges = await store.listMerges(readPage('mrg', page))
        return merges.map(({ id, from_id, into_id, created_at, undone_at }) => ({
          id: formatId('mrg', id),
          from_id: formatId('usr', from_id),
          into_id: formatId('usr', into_id),
          created_at: new Date(created_at),
          undone_at: undone_at === null ? null : new Date(undone_at),
        }))
      },
    },

    conflicts: {
      async list(page) {
        const { store } = await ready()
        const conflicts = await store.listConflicts(readPage('cnf', page))
        return conflicts.map(({ id, user_id, holder_id, app_id, created_at }) => ({
          id: formatId('cnf', id),
          user_id: formatId('usr', user_id),
          holder_id: formatId('usr', holder_id),
          app_id,
          created_at: new Date(created_at),
        }))
      },

      async dismiss(conflict_id) {
        const parts = await ready()
        const id = parseId('cnf', conflict_id)
        if (id === undefined) return 'not_found'
        const [conflict] = await parts.store.listConflicts({ after: id - 1, limit: 1 })
        return conflict?.id === id ? dismissConflict(parts, conflict) : 'not_found'
      },
    },

    events: {
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
    },
  }
}

function readPage(kind: 'cnf' | 'mrg' | 'evt', { after, limit = 100 }: Page = {}) {
  return {
    after: after === undefined ? 0 : (parseId(kind, after) ?? 0),
    limit: Math.max(1, Math.min(1000, Math.trunc(limit))),
  }
}
