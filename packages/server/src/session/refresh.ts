import type { Apps, SessionLimits } from '../app.ts'
import { KaimenError } from '../errors.ts'
import { stampEvent } from '../events.ts'
import { hookUser } from '../hook-user.ts'
import type { AuthEvent, Emit } from '../hooks.ts'
import { formatId } from '../id.ts'
import type { KeyRing } from '../key-ring.ts'
import { passOutage } from '../outage.ts'
import type { EphemeralStore } from '../store/ephemeral-store.ts'
import type { Store, StoredSession } from '../store/store.ts'
import { refuseInactive } from './authenticate.ts'
import { readRefreshToken, type RefreshClaim } from './refresh-token.ts'
import { addedClaims, type ClaimsParts } from './tokens.ts'

export type RefreshParts = ClaimsParts & {
  readonly store: Store
  readonly ephemeral: EphemeralStore
  readonly ring: KeyRing
  readonly apps: Apps
  readonly emit: Emit
}

export type Refreshed = {
  readonly session: StoredSession
  /** What the host adds to the access token. */
  readonly claims: Readonly<Record<string, unknown>> | undefined
}

/**
 * How often one used token may be answered with its successor; then it is refused, and nothing is
 * revoked. [RT-4]
 */
export const maxReplays = 500

/** How long it takes, at most, to see that a connection ended which had ended before. */
const leaveMs = 100

/** What a refresh token is worth, seen beside its session. */
type Verdict =
  | 'rotate'
  /** It was just exchanged and its successor was not yet used: a parallel request or a lost reply. */
  | 'replay'
  /** It was exchanged longer ago than the grace: refused, but no sign of theft. */
  | 'late'
  /** Its successor has been used as well: two parties hold this session. */
  | 'reused'
  | 'ended'

/**
 * The rotation rules, pure. The grace closes at the first use of the successor, because that moves
 * the generation on by two. [RT-2] [RT-4]
 */
export function judgeRefresh(
  session: StoredSession,
  generation: number,
  now: number,
  limits: SessionLimits,
): Verdict {
  const { ended_at, idle_expires_at, expires_at } = session
  if (ended_at !== null || now >= idle_expires_at || now >= expires_at) return 'ended'
  if (generation === session.generation) return 'rotate'
  if (generation > session.generation) return 'ended'
  if (generation < session.generation - 1) return 'reused'
  return now - session.rotated_at <= limits.refreshGraceMs ? 'replay' : 'late'
}

/**
 * Exchanges a refresh token for the next generation of its session.
 *
 * @param clientId The app that the caller says it is; a token of another app is refused. [RT-5]
 * @param hasLeft Whether the caller waits for no answer any more.
 * @returns The session as it is after the exchange. Its generation names the successor.
 * @throws {@link KaimenError} `token_invalid`, `refresh_reused`, `session_ended`, `user_disabled`,
 *   `rate_limited`.
 */
export async function refresh(
  parts: RefreshParts,
  token: string,
  clientId?: string,
  hasLeft = () => false,
): Promise<Refreshed> {
  const claim = readRefreshToken(parts.ring, token)
  if (!claim) throw new KaimenError('token_invalid')

  const atOnce = await rotateAtOnce(parts, claim, clientId)
  if (atOnce) return { session: atOnce, claims: undefined }

  // A lost race means that the session has moved on, so a second look decides; the third is never needed.
  for (let look = 0; look < 3; look++) {
    const found = await parts.store.findSession(claim.session_id)
    const limits = found && parts.apps.get(found.session.app_id)?.session
    if (!found || !limits || (clientId !== undefined && clientId !== found.session.app_id)) {
      throw new KaimenError('token_invalid')
    }
    refuseInactive(found.user)
    const now = parts.clock.now()
    const { session, user } = found
    const hostUser = () => hookUser(user)
    switch (judgeRefresh(session, claim.generation, now, limits)) {
      case 'rotate': {
        const claims = await addedClaims(parts, session, hostUser)
        const rotated = await parts.store.rotateSession({
          id: session.id,
          generation: session.generation,
          now_ms: now,
          idle_expires_at: now + limits.idleMs,
        })
        if (rotated === 'not_rotated') continue
        return { session: rotated, claims }
      }
      case 'replay':
        await countReplay(parts, session, limits)
        return { session, claims: await addedClaims(parts, session, hostUser) }
      case 'late':
        throw new KaimenError('refresh_reused')
      case 'reused':
        // Who has left gains nothing by it, so it need not be a thief: a request that lay in a node
        // which was paused is read when its sender has long repeated it elsewhere, and gone on. That
        // the connection has ended is read after the request, so a moment is left for it.
        await parts.clock.sleep(leaveMs)
        if (!hasLeft()) await endReused(parts, session)
        throw new KaimenError('refresh_reused')
      case 'ended':
        throw new KaimenError('session_ended')
    }
  }
  throw new KaimenError('unavailable', { retryAfterSeconds: 1 })
}

/**
 * Without a look first: the rotation says itself whether it may be. For all that has to be known
 * before, somebody has to look: what the host adds for whom, or which app's limits apply.
 *
 * @returns `undefined` where that has to be, or why not has to be found out.
 */
async function rotateAtOnce(
  { store, clock, apps, claims }: RefreshParts,
  { session_id: id, generation }: RefreshClaim,
  app_id: string | undefined,
): Promise<StoredSession | undefined> {
  const asked = app_id === undefined ? [...apps.values()] : [apps.get(app_id)]
  const [idleMs, ...others] = new Set(asked.map((app) => app?.session.idleMs))
  if (claims || idleMs === undefined || others.length > 0) return undefined
  const now_ms = clock.now()
  const write = { id, generation, now_ms, idle_expires_at: now_ms + idleMs, app_id }
  const rotated = await store.rotateSession(write)
  if (rotated === 'not_rotated') return undefined
  // Of an app that is configured no longer.
  if (!apps.has(rotated.app_id)) throw new KaimenError('token_invalid')
  return rotated
}

async function endReused(parts: RefreshParts, { id, user_id }: StoredSession) {
  const reason = 'reused'
  const told: AuthEvent = {
    kind: 'session_ended',
    user_id: formatId('usr', user_id),
    session_id: formatId('ses', id),
    reason,
  }
  const event = stampEvent(parts, told)
  const write = { id, now_ms: parts.clock.now(), reason, event } as const
  if (await parts.store.endSession(write)) parts.emit(told)
}

/** Uncounted where the store is away: a refresh must not depend on it. */
async function countReplay(
  { ephemeral }: RefreshParts,
  { id, generation }: StoredSession,
  { refreshGraceMs }: SessionLimits,
) {
  const replays = await ephemeral
    .increment(`replay/${id}/${generation}`, 1, refreshGraceMs)
    .catch(passOutage)
  if (replays !== undefined && replays > maxReplays)
    throw new KaimenError('rate_limited', { retryAfterSeconds: 1 })
}
