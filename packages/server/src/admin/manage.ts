import type { Clock } from '../clock.ts'
import { stampEvent } from '../events.ts'
import type { AuthEvent, Emit } from '../hooks.ts'
import { formatId } from '../id.ts'
import type { StoredAdmin } from '../store/admin-store.ts'
import type { Store } from '../store/store.ts'

type Parts = { readonly store: Store; readonly clock: Clock; readonly emit: Emit }

export async function changeRole(parts: Parts, id: number, role: StoredAdmin['role']) {
  const told: AuthEvent = { kind: 'admin_role_changed', of: formatId('adm', id), role }
  const write = { id, role, event: stampEvent(parts, told) }
  const outcome = await parts.store.setAdminRole(write)
  if (outcome === 'changed') parts.emit(told)
  return outcome
}

export async function endAdmin(parts: Parts, id: number) {
  const told: AuthEvent = { kind: 'admin_ended', of: formatId('adm', id) }
  const write = { id, now_ms: parts.clock.now(), event: stampEvent(parts, told) }
  const outcome = await parts.store.endAdmin(write)
  if (outcome === 'ended') parts.emit(told)
  return outcome
}
