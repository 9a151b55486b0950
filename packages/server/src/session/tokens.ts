import type { Clock } from '../clock.ts'
import type { KeyRing } from '../key-ring.ts'
import type { Claims, HookUser } from '../hooks.ts'
import { formatId } from '../id.ts'
import type { StoredSession } from '../store/store.ts'
import type { AccessTokens } from './access-token.ts'
import { mintRefreshToken } from './refresh-token.ts'

export type TokenParts = {
  readonly accessTokens: AccessTokens
  readonly clock: Clock
  readonly ring: KeyRing
  readonly claims: Claims | undefined
}

export type TokenPair = {
  readonly accessToken: string
  readonly accessLifetimeMs: number
  readonly refreshToken: string
}

/** Mints the two tokens of a session as it stands. */
export async function mintTokens(
  { accessTokens, clock, ring, claims }: TokenParts,
  session: StoredSession,
  user: () => HookUser,
): Promise<TokenPair> {
  const { id: session_id, user_id, app_id, generation } = session
  const added = claims && (await claims(user(), { id: formatId('ses', session_id), app_id }))
  // A token never outlives its session.
  const left = Math.min(session.expires_at, session.idle_expires_at) - clock.now()
  const accessLifetimeMs = Math.min(accessTokens.lifetimeMs, left)
  return {
    accessLifetimeMs,
    accessToken: accessTokens.sign({
      user_id,
      session_id,
      app_id,
      lifetimeMs: accessLifetimeMs,
      ...(added && { claims: added }),
    }),
    refreshToken: mintRefreshToken(ring, { session_id, generation }),
  }
}
