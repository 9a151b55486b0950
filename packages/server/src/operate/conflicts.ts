import { formatId, parseId } from '../id.ts'
import { dismissConflict } from '../user/merge.ts'
import { readPage, type Page } from './page.ts'
import type { Ready } from './parts.ts'

/** Two users who may be one person: a unionid arrived for one that the other holds. (R9) */
export type Conflict = {
  readonly id: string
  readonly user_id: string
  readonly holder_id: string
  readonly app_id: string
  readonly created_at: Date
}

export type ConflictOperations = {
  list(page?: Page): Promise<readonly Conflict[]>
  /** Leaves the two apart. */
  dismiss(id: string): Promise<'dismissed' | 'not_found'>
}

export function conflictOperations(ready: Ready): ConflictOperations {
  return {
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
  }
}
