import { LinkIdentityBody, type Identities } from '@kaimen/protocol'
import { KaimenError } from '../errors.ts'
import { stampEvent } from '../events.ts'
import { isLoginCode, proveByWechat } from '../flow/wechat.ts'
import type { AuthEvent } from '../hooks.ts'
import { formatId } from '../id.ts'
import type { StoredUser } from '../store/store.ts'
import { sealSessionKey } from '../user/session-key.ts'
import { readBody } from './body.ts'
import { caller, requireFresh } from './caller.ts'
import { chooseApp, type Handler, type HttpParts } from './handlers.ts'
import { instant, jsonResponse } from './reply.ts'

/** `GET /v1/me/identities` */
export const listIdentities: Handler = async (parts, call) => {
  const { user } = await caller(parts, call)
  return identitiesResponse(parts, user.id)
}

/** `POST /v1/me/identities` */
export const linkIdentity: Handler = async (parts, call) => {
  const authenticated = await caller(parts, call)
  const { app_id, code } = await readBody(call.request, LinkIdentityBody)
  requireFresh(parts, authenticated)
  const app = chooseApp(parts.apps, app_id)
  if (!isLoginCode(code)) throw new KaimenError('code_invalid')
  const { session_key, ...key } = await proveByWechat(parts.wechat, app, code)
  const told = tellIdentity('identity_linked', authenticated.user, app.app_id)
  const { ring, random, clock, store } = parts
  const user_id = authenticated.user.id
  const sealed = sealSessionKey(ring, random, key, session_key.reveal())
  const wechat = { ...key, session_key: sealed }
  const write = { user_id, now_ms: clock.now(), wechat, event: stampEvent(parts, told) }
  const outcome = await store.linkIdentity(write)
  if (outcome === 'taken') throw new KaimenError('identity_taken')
  // Somebody left while they were served, which ended this session.
  if (outcome === 'user_not_active') throw new KaimenError('session_ended')
  parts.emit(told)
  return identitiesResponse(parts, user_id)
}

/** `DELETE /v1/me/identities/{id}` */
export const unlinkIdentity: Handler = async (parts, call) => {
  const authenticated = await caller(parts, call)
  requireFresh(parts, authenticated)
  const user_id = authenticated.user.id
  const app_id = call.params['id'] ?? ''
  const told = tellIdentity('identity_unlinked', authenticated.user, app_id)
  const write = { user_id, app_id, now_ms: parts.clock.now(), event: stampEvent(parts, told) }
  const outcome = await parts.store.unlinkIdentity(write)
  if (outcome !== 'unlinked') throw new KaimenError(outcome)
  parts.emit(told)
  return identitiesResponse(parts, user_id)
}

function tellIdentity(
  kind: 'identity_linked' | 'identity_unlinked',
  { id }: StoredUser,
  app_id: string,
): AuthEvent {
  return { kind, user_id: formatId('usr', id), app_id }
}

/** A user has one identity in an app, so the app's id is the identity's as well. Openids stay here. */
async function identitiesResponse({ store, apps }: HttpParts, user_id: number): Promise<Response> {
  const stored = await store.listIdentities(user_id)
  const identities = stored.map(({ app_id, created_at }) => ({
    id: app_id,
    kind: apps.get(app_id)?.kind ?? 'mini_program',
    app_id,
    created_at: instant(created_at),
  }))
  return jsonResponse({ identities } satisfies Identities)
}
