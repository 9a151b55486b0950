import type { Admin, AdminEvent, AdminUser } from '@kaimen/protocol'
import { formatId } from '../../id.ts'
import type { StoredAdmin } from '../../store/admin-store.ts'
import type { StoredEvent, StoredUser } from '../../store/store.ts'
import type { HttpParts } from '../handlers.ts'
import { instant, userReply } from '../reply.ts'

export const nullableInstant = (milliseconds: number | null) =>
  milliseconds === null ? null : instant(milliseconds)

export function adminReply({ id, name, role, created_at, ended_at }: StoredAdmin): Admin {
  return {
    id: formatId('adm', id),
    name,
    role,
    created_at: instant(created_at),
    ended_at: nullableInstant(ended_at),
  }
}

export function adminUserReply(parts: HttpParts, user: StoredUser): AdminUser {
  return {
    ...userReply(parts, user),
    status: user.status,
    gone_at: nullableInstant(user.gone_at),
  }
}

export function eventReply({ id, at, kind, app_id, ...stored }: StoredEvent): AdminEvent {
  const { admin_id, ...detail } = readDetail(stored.detail)
  return {
    id: formatId('evt', id),
    at: instant(at),
    kind,
    user_id: stored.user_id === null ? null : formatId('usr', stored.user_id),
    session_id: stored.session_id === null ? null : formatId('ses', stored.session_id),
    app_id,
    admin_id: typeof admin_id === 'string' ? admin_id : null,
    detail,
  }
}

/** What {@link StoredEvent} keeps by kind. */
export function readDetail(detail: string | null): Readonly<Record<string, unknown>> {
  const read: unknown = detail === null ? {} : JSON.parse(detail)
  return typeof read === 'object' ? { ...read } : {}
}
