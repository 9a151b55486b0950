import { stampEvent } from '../events.ts'
import type { AuthEvent } from '../hooks.ts'
import { formatId, parseId } from '../id.ts'
import { deleteUser, restoreUser } from '../user/leave.ts'
import { mergeUsers, undoMerge } from '../user/merge.ts'
import { readPage, type Page } from './page.ts'
import type { Ready } from './parts.ts'

export type Merge = {
  readonly id: string
  readonly from_id: string
  readonly into_id: string
  readonly created_at: Date
  readonly undone_at: Date | null
}

export type UserOperations = {
  /**
   * Refuses the user by every way in and ends all sessions. @returns `not_found` for an unknown id,
   * and for one who is deleted or merged.
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

export function userOperations(ready: Ready): UserOperations {
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
  }
}
