import type { ErrorCode, Introspection } from '@kaimen/protocol'
import { decodeJwt } from 'jose/jwt/decode'
import type { Apps } from '../app.ts'
import type { Clock } from '../clock.ts'
import { KaimenError } from '../errors.ts'
import { formatId } from '../id.ts'
import type { KeyRing } from '../key-ring.ts'
import type { Store, StoredSession } from '../store/store.ts'
import type { AccessTokens } from './access-token.ts'
import { authenticate, findLiveSession } from './authenticate.ts'
import { readRefreshToken, type RefreshClaim } from './refresh-token.ts'
import { judgeRefresh } from './refresh.ts'
import { readWebSession } from './web-session.ts'

type Parts = {
  readonly store: Store
  readonly clock: Clock
  readonly ring: KeyRing
  readonly apps: Apps
  readonly accessTokens: AccessTokens
  readonly publicUrl: string
}

/** Of a token that does not count; a store that is away is nobody's sign-out. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  'token_invalid',
  'token_expired',
  'session_ended',
  'user_disabled',
])

const inactive: Introspection = { active: false }

/**
 * Whether a token counts at this moment, asked of the store. Of one that does not, nothing is told:
 * not even why (RFC 7662 section 2.2). [OA-1]
 */
export function introspect(parts: Parts, token: string): Promise<Introspection> {
  const claim = readRefreshToken(parts.ring, token)
  if (claim) return introspectRefresh(parts, claim)
  const session_id = readWebSession(parts.ring, token)
  if (session_id !== undefined) return introspectWebSession(parts, session_id)
  return introspectAccess(parts, token)
}

async function introspectAccess(parts: Parts, token: string): Promise<Introspection> {
  try {
    const { session } = await authenticate(parts, token)
    return {
      ...decodeJwt(token),
      active: true,
      token_type: 'Bearer',
      auth_time: seconds(session.created_at),
    } as Introspection
  } catch (error) {
    if (error instanceof KaimenError && refusals.has(error.code)) return inactive
    throw error
  }
}

async function introspectRefresh(parts: Parts, claim: RefreshClaim): Promise<Introspection> {
  const found = await parts.store.findSession(claim.session_id)
  const limits = found && parts.apps.get(found.session.app_id)?.session
  if (!found || !limits || found.user.status !== 'active') return inactive
  const { session } = found
  const verdict = judgeRefresh(session, claim.generation, parts.clock.now(), limits)
  if (verdict !== 'rotate' && verdict !== 'replay') return inactive
  return describe(parts, session, 'refresh_token')
}

/** Does not move its idle limit on: a page of the browser does, when it asks for itself. */
async function introspectWebSession(parts: Parts, session_id: number): Promise<Introspection> {
  try {
    const { session } = await findLiveSession(parts, session_id)
    return parts.apps.has(session.app_id) ? describe(parts, session, 'web_session') : inactive
  } catch (error) {
    if (error instanceof KaimenError && refusals.has(error.code)) return inactive
    throw error
  }
}

function describe(
  { publicUrl }: Parts,
  session: StoredSession,
  token_type: 'refresh_token' | 'web_session',
): Introspection {
  return {
    active: true,
    token_type,
    sub: formatId('usr', session.user_id),
    sid: formatId('ses', session.id),
    client_id: session.app_id,
    iss: publicUrl,
    exp: seconds(Math.min(session.idle_expires_at, session.expires_at)),
    auth_time: seconds(session.created_at),
  }
}

const seconds = (milliseconds: number) => Math.floor(milliseconds / 1000)
