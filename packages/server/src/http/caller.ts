import { minuteMs } from '../clock.ts'
import { KaimenError } from '../errors.ts'
import { authenticate, type Authenticated } from '../session/authenticate.ts'
import { resumeWebSession } from '../session/web-session.ts'
import { readCookie, requireOwnPage } from './browser.ts'
import type { Call, HttpParts } from './handlers.ts'

/** How old a sign-in may be for what only its owner may do. [AU-8] */
const freshMs = 10 * minuteMs

/**
 * Whoever sends the access token of this request; or, where it has no Authorization at all, the
 * session cookie, from a page of ours. [WB-2]
 */
export async function caller(parts: HttpParts, call: Call): Promise<Authenticated> {
  if (call.request.headers.has('authorization')) return appCaller(parts, call)
  const cookie = readCookie(parts, call.request, 'session')
  if (cookie === undefined) throw new KaimenError('token_invalid')
  requireOwnPage(parts, call.request)
  return resumeWebSession(parts, cookie)
}

/** Whoever sends the access token of this request. A cookie counts for nothing. */
export async function appCaller(parts: HttpParts, { request }: Call): Promise<Authenticated> {
  const header = request.headers.get('authorization') ?? ''
  // RFC 6750 section 2.1; the scheme is case-insensitive by RFC 9110 section 11.1.
  const token = /^bearer +([\x21-\x7e]+)$/i.exec(header)?.[1]
  if (token === undefined) throw new KaimenError('token_invalid')
  return authenticate(parts, token)
}

/**
 * @throws {@link KaimenError} `reauth_required` where the sign-in of this session is not a fresh
 *   one.
 */
export function requireFresh({ clock }: HttpParts, { session }: Authenticated): void {
  if (clock.now() - session.created_at > freshMs) throw new KaimenError('reauth_required')
}
