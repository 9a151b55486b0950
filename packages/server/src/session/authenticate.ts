import type { Clock } from '../clock.ts'
import { KaimenError } from '../errors.ts'
import type { Store, StoredSession, StoredUser } from '../store/store.ts'
import type { AccessTokens } from './access-token.ts'

/**
 * Who is disabled is told so. Of one who left, or became part of another, the session is over: the
 * next sign-in says what has become of them.
 *
 * @throws {@link KaimenError} `user_disabled`, `session_ended`.
 */
export function refuseInactive({ status }: StoredUser): void {
  if (status === 'active') return
  throw new KaimenError(status === 'disabled' ? 'user_disabled' : 'session_ended')
}

export type Authenticated = { readonly session: StoredSession; readonly user: StoredUser }

/**
 * Who sends this access token, for Kaimen's own endpoints. These ask the store each time, so a
 * sign-out or a disabled user counts at once. [WX-11]
 *
 * @throws {@link KaimenError} `token_invalid`, `token_expired`, `session_ended`, `user_disabled`.
 */
export async function authenticate(
  parts: { store: Store; clock: Clock; accessTokens: AccessTokens },
  token: string,
): Promise<Authenticated> {
  const { session_id, user_id } = await parts.accessTokens.verify(token)
  const found = await findLiveSession(parts, session_id)
  if (found.user.id !== user_id) throw new KaimenError('session_ended')
  return found
}

/** @throws {@link KaimenError} `session_ended`, `user_disabled`. */
export async function findLiveSession(
  { store, clock }: { store: Store; clock: Clock },
  session_id: number,
): Promise<Authenticated> {
  const found = await store.findSession(session_id)
  if (!found) throw new KaimenError('session_ended')
  refuseInactive(found.user)
  const { ended_at, expires_at, idle_expires_at } = found.session
  const now = clock.now()
  if (ended_at !== null || now >= expires_at || now >= idle_expires_at) {
    throw new KaimenError('session_ended')
  }
  return found
}
