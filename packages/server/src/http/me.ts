import { KaimenError } from '../errors.ts'
import { parseId } from '../id.ts'
import { endOthers, endSessionOf } from '../session/end-session.ts'
import { refuseBody } from './body.ts'
import { caller, requireFresh } from './caller.ts'
import type { Handler } from './handlers.ts'
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
