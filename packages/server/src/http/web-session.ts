import { WebSignOutBody } from '@kaimen/protocol'
import { KaimenError } from '../errors.ts'
import { formatId } from '../id.ts'
import type { Authenticated } from '../session/authenticate.ts'
import { addedClaims, mintAccessToken } from '../session/tokens.ts'
import { mintWebSession, readWebSession, resumeWebSession } from '../session/web-session.ts'
import type { StoredSession } from '../store/store.ts'
import { hookUser } from '../hook-user.ts'
import { readBody } from './body.ts'
import { readCookie, requireOwnPage, writeCookie } from './browser.ts'
import type { Handler, HttpParts } from './handlers.ts'
import { endOthers, endSessionOf } from '../session/end-session.ts'
import { jsonResponse, userReply } from './reply.ts'

/** `GET /v1/web/session` */
export const webSession: Handler = async (parts, { request }) => {
  requireOwnPage(parts, request)
  const cookie = readCookie(parts, request, 'session')
  if (cookie === undefined) return jsonResponse({ user: null, session_id: null })
  const found = await resumeWebSession(parts, cookie).catch(passRefusal)
  if (!found) return jsonResponse({ user: null, session_id: null })
  const { session, user } = found
  return jsonResponse({
    user: userReply(parts, user),
    session_id: formatId('ses', session.id),
  })
}

/** Whoever is signed in no longer, for whatever reason, is nobody; what fails is not for that. */
function passRefusal(error: unknown): undefined {
  const codes = ['token_invalid', 'session_ended', 'user_disabled']
  if (error instanceof KaimenError && codes.includes(error.code)) return undefined
  throw error
}

/** `POST /v1/web/token` */
export const webToken: Handler = async (parts, { request }) => {
  const { session, user } = await webCaller(parts, request)
  const claims = await addedClaims(parts, session, () => hookUser(user))
  const { accessToken, accessLifetimeMs } = mintAccessToken(parts, session, claims)
  const body = {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: Math.floor(accessLifetimeMs / 1000),
    session_id: formatId('ses', session.id),
    user: userReply(parts, user),
  }
  return jsonResponse(body)
}

/** Whose cookie comes with a request of a page of ours. */
async function webCaller(parts: HttpParts, request: Request): Promise<Authenticated> {
  requireOwnPage(parts, request)
  const cookie = readCookie(parts, request, 'session')
  if (cookie === undefined) throw new KaimenError('token_invalid')
  return resumeWebSession(parts, cookie)
}

/** `POST /v1/web/sign-out`. Who is signed in no longer is answered alike. */
export const webSignOut: Handler = async (parts, { request }) => {
  requireOwnPage(parts, request)
  const { everywhere = false } = await readBody(request, WebSignOutBody)
  await endWebSession(parts, request, { everywhere })
  const response = jsonResponse({})
  response.headers.append('set-cookie', writeCookie(parts, 'session', '', 0))
  return response
}

/** Ends the session that a browser's cookie stands for, where there is one. */
async function endWebSession(
  parts: HttpParts,
  request: Request,
  { everywhere = false }: { everywhere?: boolean } = {},
): Promise<void> {
  const cookie = readCookie(parts, request, 'session')
  const id = cookie === undefined ? undefined : readWebSession(parts.ring, cookie)
  const found = id === undefined ? undefined : await parts.store.findSession(id)
  if (id === undefined || !found) return
  const { session, user } = found
  // Whose session has ended may not end those of others by a cookie that was kept.
  if (everywhere && session.ended_at === null) await endOthers(parts, user.id, id)
  await endSessionOf(parts, { id, user_id: user.id }, 'signed_out')
}

/** A session that begins in a browser takes the place of the one it had. */
export async function beginWebSession(
  parts: HttpParts,
  request: Request,
  session: StoredSession,
  response: Response,
): Promise<Response> {
  const cookie = readCookie(parts, request, 'session')
  const isSame = cookie !== undefined && readWebSession(parts.ring, cookie) === session.id
  if (!isSame) await endWebSession(parts, request)
  return withSession(parts, session, response)
}

/**
 * Puts a session into the browser's cookie, for as long as it can last at most. No other answer
 * sets or removes the cookie, but that to a sign-out: one that comes late would take the place of
 * what somebody signed in with in the meantime, in another tab.
 */
function withSession(
  parts: HttpParts,
  { id, expires_at }: StoredSession,
  response: Response,
): Response {
  const seconds = (expires_at - parts.clock.now()) / 1000
  const cookie = writeCookie(parts, 'session', mintWebSession(parts.ring, id), seconds)
  response.headers.append('set-cookie', cookie)
  return response
}
