import type { Clock } from '../clock.ts'
import type { KeyRing } from '../key-ring.ts'
import type { Claims, HookUser } from '../hooks.ts'
import { askHost } from '../host.ts'
import { formatId } from '../id.ts'
import type { StoredSession } from '../store/store.ts'
import type { AccessTokens } from './access-token.ts'
import { mintRefreshToken } from './refresh-token.ts'

export type ClaimsParts = { readonly clock: Clock; readonly claims: Claims | undefined }

export type TokenParts = {
  readonly accessTokens: AccessTokens
  readonly clock: Clock
  readonly ring: KeyRing
}

export type TokenPair = {
  readonly accessToken: string
  readonly accessLifetimeMs: number
  readonly refreshToken: string
}

/**
 * What the host adds to the access token. Asked before anything is written, so that a hook that
 * fails leaves no half of a sign-in or refresh behind.
 */
export async function addedClaims(
  { clock, claims }: ClaimsParts,
  { id, app_id }: StoredSession,
  user: () => HookUser,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (!claims) return undefined
  const session = { id: formatId('ses', id), app_id }
  return askHost(clock, 'claims', () => claims(user(), session))
}

/** Mints the two tokens of a session as it stands. */
export function mintTokens(
  parts: TokenParts,
  session: StoredSession,
  claims: Readonly<Record<string, unknown>> | undefined,
): TokenPair {
  const { id: session_id, generation } = session
  return {
    ...mintAccessToken(parts, session, claims),
    refreshToken: mintRefreshToken(parts.ring, { session_id, generation }),
  }
}

/** The access token alone: what a browser is given, whose cookie is the session. */
export function mintAccessToken(
  { accessTokens, clock }: Omit<TokenParts, 'ring'>,
  { id: session_id, user_id, app_id, ...session }: StoredSession,
  claims: Readonly<Record<string, unknown>> | undefined,
): Pick<TokenPair, 'accessToken' | 'accessLifetimeMs'> {
  // A token never outlives its session.
  const left = Math.min(session.expires_at, session.idle_expires_at) - clock.now()
  const accessLifetimeMs = Math.min(accessTokens.lifetimeMs, left)
  return {
    accessLifetimeMs,
    accessToken: accessTokens.sign({
      user_id,
      session_id,
      app_id,
      signedInAt: session.created_at,
      lifetimeMs: accessLifetimeMs,
      ...(claims && { claims }),
    }),
  }
}
