import { minuteMs, type Clock } from '../clock.ts'
import { KaimenError } from '../errors.ts'
import { stampEvent } from '../events.ts'
import type { AuthEvent } from '../hooks.ts'
import { formatId } from '../id.ts'
import type { KeyRing } from '../key-ring.ts'
import { handleKind, mintHandle, readHandle } from '../session/sealed-handle.ts'
import type { StoredAdmin, StoredAdminSession } from '../store/admin-store.ts'
import type { Store } from '../store/store.ts'
import type { AdminParts } from './parts.ts'

/** Without use a session ends so soon, and however it is used at this age. */
const idleMs = 30 * minuteMs
const absoluteMs = 12 * 60 * minuteMs
/** Whoever comes back sooner is not written down. */
const touchMs = minuteMs

/** What the cookie holds: a session under a keyed MAC, as that of a person's browser does. */
const kind = handleKind('kma_', 'admin-session', 8)

export function mintAdminSession(ring: KeyRing, session_id: number): string {
  return mintHandle(ring, kind, (body, offset) => {
    body.writeBigUInt64BE(BigInt(session_id), offset)
  })
}

export const newSession = (
  { store, clock }: Pick<AdminParts, 'store' | 'clock'>,
  admin_id: number,
): StoredAdminSession => ({
  id: store.newId(),
  admin_id,
  seen_at: clock.now(),
  expires_at: clock.now() + absoluteMs,
})

export type SignedInAdmin = { readonly session: StoredAdminSession; readonly admin: StoredAdmin }

/**
 * Who holds this cookie. The session's idle limit moves on.
 *
 * @throws {@link KaimenError} `admin_required`
 */
export async function resumeAdminSession(
  { store, clock, ring }: { store: Store; clock: Clock; ring: KeyRing },
  text: string | undefined,
): Promise<SignedInAdmin> {
  const payload = text === undefined ? undefined : readHandle(ring, kind, text)
  const found = payload && (await store.findAdminSession(Number(payload.readBigUInt64BE(0))))
  const now = clock.now()
  if (!found || idleEnd(found.session) <= now) throw new KaimenError('admin_required')
  const { session, admin } = found
  if (now - session.seen_at < touchMs) return found
  await store.touchAdminSession({ id: session.id, seen_at: now })
  return { admin, session: { ...session, seen_at: now } }
}

/** When a session ends that is not used. */
export const idleEnd = ({ seen_at, expires_at }: StoredAdminSession): number =>
  Math.min(seen_at + idleMs, expires_at)

export async function endAdminSession(
  parts: Pick<AdminParts, 'store' | 'clock' | 'emit'>,
  { session, admin }: SignedInAdmin,
): Promise<void> {
  const told: AuthEvent = { kind: 'admin_signed_out', admin_id: formatId('adm', admin.id) }
  const ended = await parts.store.endAdminSession({
    id: session.id,
    event: stampEvent(parts, told),
  })
  if (ended) parts.emit(told)
}
