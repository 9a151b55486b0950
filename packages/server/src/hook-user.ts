import type { HookUser } from './hooks.ts'
import { formatId } from './id.ts'
import type { StoredUser } from './store/store.ts'

export function hookUser({ id, nickname, created_at }: StoredUser): HookUser {
  return { id: formatId('usr', id), nickname, created_at: new Date(created_at) }
}
