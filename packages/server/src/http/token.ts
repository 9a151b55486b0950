import { RevokeBody, TokenBody } from '@kaimen/protocol'
import { KaimenError } from '../errors.ts'
import { endSessionOf } from '../session/end-session.ts'
import { readRefreshToken } from '../session/refresh-token.ts'
import { refresh } from '../session/refresh.ts'
import { mintTokens } from '../session/tokens.ts'
import { readBody } from './body.ts'
import type { Handler, HttpParts } from './handlers.ts'
import { jsonResponse, tokensReply } from './reply.ts'

/** `POST /v1/token` */
export const token: Handler = async (parts, { request }) => {
  const { refresh_token, client_id } = await readBody(request, TokenBody, { form: true })
  const hasLeft = () => request.signal.aborted
  const { session, claims } = await refresh(parts, refresh_token, client_id, hasLeft)
  const pair = mintTokens(parts, session, claims)
  return jsonResponse(tokensReply({ ...pair, session, now: parts.clock.now() }))
}

/** `POST /v1/revoke`. Unknown tokens are answered alike: RFC 7009 section 2.2. [OA-2] */
export const revoke: Handler = async (parts, { request }) => {
  const body = await readBody(request, RevokeBody, { form: true })
  const session_id = await sessionOf(parts, body.token)
  if (session_id !== undefined) await signOut(parts, session_id)
  return jsonResponse({})
}

/** The session of a refresh token, or of an access token that is still valid. */
async function sessionOf({ ring, accessTokens }: HttpParts, text: string) {
  const claim = readRefreshToken(ring, text)
  if (claim) return claim.session_id
  try {
    return (await accessTokens.verify(text)).session_id
  } catch (error) {
    if (error instanceof KaimenError) return undefined
    throw error
  }
}

async function signOut(parts: HttpParts, session_id: number) {
  const found = await parts.store.findSession(session_id)
  if (found) await endSessionOf(parts, { id: session_id, user_id: found.user.id }, 'signed_out')
}
