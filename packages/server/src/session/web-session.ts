import type { Apps } from '../app.ts'
import { minuteMs, type Clock } from '../clock.ts'
import { KaimenError } from '../errors.ts'
import type { KeyRing } from '../key-ring.ts'
import type { Store, StoredSession } from '../store/store.ts'
import { findLiveSession, type Authenticated } from './authenticate.ts'
import { handleKind, mintHandle, readHandle } from './sealed-handle.ts'

/**
 * What a browser's cookie holds: a session under a keyed MAC. It does not rotate: no script can
 * read it, and answers that get lost, tabs and bookmarks would make of a rotating one a sign-out.
 */
const kind = handleKind('kmw_', 'web-session', 8)

export function mintWebSession(ring: KeyRing, session_id: number): string {
  return mintHandle(ring, kind, (body, offset) => {
    body.writeBigUInt64BE(BigInt(session_id), offset)
  })
}

/**
 * @returns The session's id; `undefined` for anything that {@link mintWebSession} did not write
 *   under a key of this ring.
 */
export function readWebSession(ring: KeyRing, text: string): number | undefined {
  const payload = readHandle(ring, kind, text)
  return payload && Number(payload.readBigUInt64BE(0))
}

type Parts = { store: Store; clock: Clock; ring: KeyRing; apps: Apps }

/** Whoever comes back sooner is not written down. A tenth of the idle limit, where that is less. */
const touchMs = 10 * minuteMs

/**
 * Who holds this cookie. The session's idle limit moves on.
 *
 * @throws {@link KaimenError} `token_invalid`, `session_ended`, `user_disabled`.
 */
export async function resumeWebSession(parts: Parts, text: string): Promise<Authenticated> {
  const session_id = readWebSession(parts.ring, text)
  if (session_id === undefined) throw new KaimenError('token_invalid')
  const { session, user } = await findLiveSession(parts, session_id)
  return { session: await keepAlive(parts, session), user }
}

async function keepAlive(
  { store, clock, apps }: Parts,
  session: StoredSession,
): Promise<StoredSession> {
  const limits = apps.get(session.app_id)?.session
  // Of an app that is configured no longer.
  if (!limits) throw new KaimenError('token_invalid')
  const now = clock.now()
  if (now - session.rotated_at < Math.min(touchMs, limits.idleMs / 10)) return session
  const { id, generation } = session
  const idle_expires_at = now + limits.idleMs
  const touched = await store.rotateSession({ id, generation, now_ms: now, idle_expires_at })
  // Another tab was first; or it ended just now, which the next request is told.
  return touched === 'not_rotated' ? session : touched
}
