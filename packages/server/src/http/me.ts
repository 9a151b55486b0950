import { KaimenError } from '../errors.ts'
import { stampEvent } from '../events.ts'
import type { AuthEvent } from '../hooks.ts'
import { formatId, parseId } from '../id.ts'
import { endSessionOf } from '../session/end-session.ts'
import { refuseBody } from './body.ts'
import { caller, requireFresh } from './caller.ts'
import type { Handler, HttpParts } from './handlers.ts'
import { jsonResponse, sessionReply, userReply } from './reply.ts'

/** `GET /v1/me` */
export const me: Handler = async (parts, call) => {
  const { user } = await caller(parts, call)
  return jsonResponse(userReply(parts, user))
}

/** `GET /v1/me/sessions` */
export const listSessions: Handler = async (parts, call) => {
  const { user, session } = await caller(parts, call)
  const sessions = await parts.store.listSessions({ user_id: user.id, now_ms: parts.clock.now() })
  return jsonResponse({ sessions: sessions.map((each) => sessionReply(each, session.id)) })
}

/** `DELETE /v1/me/sessions/{id}` */
export const endSession: Handler = async (parts, call) => {
  const { user } = await caller(parts, call)
  const id = parseId('ses', call.params['id'] ?? '')
  if (id === undefined) throw new KaimenError('not_found')
  const user_id = user.id
  if (!(await endSessionOf(parts, { id, user_id }, 'removed'))) throw new KaimenError('not_found')
  return jsonResponse({ revoked: 1 })
}

/** `DELETE /v1/me/sessions?others=true` */
export const endOtherSessions: Handler = async (parts, call) => {
  const authenticated = await caller(parts, call)
  const { user, session } = authenticated
  if (new URL(call.request.url).searchParams.get('others') !== 'true') {
    throw refuseBody({
      'zh-CN': '请加上 ?others=true：结束除当前设备以外的所有登录。',
      en: 'Add ?others=true: it ends every session but this one.',
    })
  }
  requireFresh(parts, authenticated)
  return jsonResponse({ revoked: await endOthers(parts, user.id, session.id) })
}

/** @returns How many sessions were ended. */
export async function endOthers(parts: HttpParts, user_id: number, keep_id: number) {
  const told: AuthEvent = {
    kind: 'other_sessions_ended',
    user_id: formatId('usr', user_id),
    session_id: formatId('ses', keep_id),
  }
  const write = { user_id, keep_id, now_ms: parts.clock.now(), event: stampEvent(parts, told) }
  const revoked = await parts.store.endOtherSessions({ ...write, reason: 'removed' })
  if (revoked > 0) parts.emit(told)
  return revoked
}
