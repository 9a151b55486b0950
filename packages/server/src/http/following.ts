import { KaimenError } from '../errors.ts'
import { findFollower } from '../flow/follower.ts'
import { parseId } from '../id.ts'
import { caller } from './caller.ts'
import type { Handler, HttpParts } from './handlers.ts'
import { instant, jsonResponse } from './reply.ts'
import { service } from './service.ts'

/** `GET /v1/me/following/{app_id}` */
export const following: Handler = async (parts, call) => {
  const { user } = await caller(parts, call)
  return followingResponse(parts, user.id, call.params['app_id'])
}

/** `GET /v1/users/{id}/following/{app_id}` */
export const serviceFollowing: Handler = async (parts, call) => {
  await service(parts, call, 'users')
  return followingResponse(parts, parseId('usr', call.params['id'] ?? ''), call.params['app_id'])
}

/** Only of those who signed in at the service account: nobody else's openid there is known. */
async function followingResponse(
  parts: HttpParts,
  user_id: number | undefined,
  app_id: string | undefined,
): Promise<Response> {
  const app = parts.apps.get(app_id ?? '')
  const user = user_id === undefined ? undefined : await parts.store.findUser(user_id)
  if (app?.kind !== 'service_account' || user?.status !== 'active') {
    throw new KaimenError('not_found')
  }
  const identities = await parts.store.listIdentities(user.id)
  const identity = identities.find((each) => each.app_id === app.app_id)
  if (!identity) throw new KaimenError('not_found')
  const { follows, since } = await findFollower(parts, identity)
  return jsonResponse({
    app_id: app.app_id,
    follows,
    since: since === null ? null : instant(since),
  })
}
