import { KaimenError } from '../errors.ts'
import { formatId, parseId } from '../id.ts'
import { maskedPhone } from '../user/phone.ts'
import { caller } from './caller.ts'
import type { Handler, HttpParts } from './handlers.ts'
import { jsonResponse, sessionReply, userReply } from './reply.ts'

/** `GET /v1/me` */
export const me: Handler = async (parts, call) => {
  const { user } = await caller(parts, call)
  return jsonResponse(userReply(user, maskedPhone(parts.ring, user)))
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
  const write = { id, user_id: user.id, now_ms: parts.clock.now(), reason: 'removed' } as const
  if (!(await parts.store.endSession(write))) throw new KaimenError('not_found')
  tellRemoved(parts, user.id, id)
  return jsonResponse({ revoked: 1 })
}

/** `DELETE /v1/me/sessions?others=true` */
export const endOtherSessions: Handler = async (parts, call) => {
  const { user, session } = await caller(parts, call)
  if (new URL(call.request.url).searchParams.get('others') !== 'true') {
    throw new KaimenError('body_invalid', {
      detail: {
        'zh-CN': '请加上 ?others=true：结束除当前设备以外的所有登录。',
        en: 'Add ?others=true: it ends every session but this one.',
      },
    })
  }
  return jsonResponse({ revoked: await endOthers(parts, user.id, session.id) })
}

/** @returns How many sessions were ended. */
export async function endOthers(parts: HttpParts, user_id: number, keep_id: number) {
  const now_ms = parts.clock.now()
  const others = await parts.store.listSessions({ user_id, now_ms })
  const revoked = await parts.store.endOtherSessions({
    user_id,
    keep_id,
    now_ms,
    reason: 'removed',
  })
  for (const { id } of others) if (id !== keep_id) tellRemoved(parts, user_id, id)
  return revoked
}

function tellRemoved({ emit }: HttpParts, user_id: number, session_id: number) {
  emit({
    kind: 'session_ended',
    user_id: formatId('usr', user_id),
    session_id: formatId('ses', session_id),
    reason: 'removed',
  })
}
