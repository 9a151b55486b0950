/** What the wire shows of stored things. */
import type { Session, SignedIn, Tokens, User } from '@kaimen/protocol'
import { formatId } from '../id.ts'
import type { KeyRing } from '../key-ring.ts'
import type { BlobStore } from '../store/blob-store.ts'
import { maskedPhone } from '../user/phone.ts'
import type { StoredSession, StoredUser } from '../store/store.ts'

export function jsonResponse(
  body: unknown,
  { noStore = true, status = 200 }: { noStore?: boolean; status?: number } = {},
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      // RFC 6749 section 5.1 for tokens; the rest is somebody's data.
      ...(noStore && { 'cache-control': 'no-store' }),
    },
  })
}

export const instant = (milliseconds: number) => new Date(milliseconds).toISOString()

/** Where a user's picture is seen: in the blob store itself, or through this server. */
export function avatarUrl(
  { blobs, publicUrl }: { blobs: BlobStore; publicUrl: string },
  { avatar }: StoredUser,
): string | null {
  if (avatar === null) return null
  return blobs.url?.(avatar) ?? `${publicUrl}/v1/avatars/${avatar}`
}

export function userReply(
  parts: { ring: KeyRing; blobs: BlobStore; publicUrl: string },
  user: StoredUser,
): User {
  return {
    id: formatId('usr', user.id),
    nickname: user.nickname,
    avatar_url: avatarUrl(parts, user),
    phone: maskedPhone(parts.ring, user),
    created_at: instant(user.created_at),
  }
}

export function sessionReply(session: StoredSession, currentId: number): Session {
  return {
    id: formatId('ses', session.id),
    app_id: session.app_id,
    device: session.device === null ? null : (JSON.parse(session.device) as Session['device']),
    created_at: instant(session.created_at),
    last_seen_at: instant(session.rotated_at),
    current: session.id === currentId,
  }
}

export function tokensReply(tokens: {
  accessToken: string
  accessLifetimeMs: number
  refreshToken: string
  session: StoredSession
  now: number
}): Tokens {
  const { session, now } = tokens
  return {
    access_token: tokens.accessToken,
    token_type: 'Bearer',
    expires_in: Math.floor(tokens.accessLifetimeMs / 1000),
    refresh_token: tokens.refreshToken,
    refresh_expires_in: Math.max(0, Math.floor((session.idle_expires_at - now) / 1000)),
    session_id: formatId('ses', session.id),
  }
}

export function signedInReply(tokens: Tokens, user: User, isNewUser: boolean): SignedIn {
  return { status: 'signed_in', ...tokens, is_new_user: isNewUser, user }
}
