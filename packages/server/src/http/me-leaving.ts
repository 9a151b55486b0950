import { KaimenError } from '../errors.ts'
import { recordEvent } from '../events.ts'
import { formatId } from '../id.ts'
import { exportUser } from '../user/export.ts'
import { deleteUser } from '../user/leave.ts'
import { caller, requireFresh } from './caller.ts'
import type { Handler } from './handlers.ts'
import { avatarUrl, instant, jsonResponse } from './reply.ts'

/** `DELETE /v1/me` */
export const deleteMe: Handler = async (parts, call) => {
  const authenticated = await caller(parts, call)
  requireFresh(parts, authenticated)
  const { reconsiderMs } = parts
  const gone_at = await deleteUser(parts, authenticated.user.id, { by: 'user', reconsiderMs })
  if (gone_at === undefined) throw new KaimenError('user_disabled')
  return jsonResponse({ gone_at: instant(gone_at) })
}

/** `GET /v1/me/export` */
export const exportMe: Handler = async (parts, call) => {
  const authenticated = await caller(parts, call)
  requireFresh(parts, authenticated)
  const { user } = authenticated
  const data = await exportUser(parts, user, avatarUrl(parts, user))
  await recordEvent(parts, { kind: 'data_exported', user_id: formatId('usr', user.id) })
  return jsonResponse(data)
}
