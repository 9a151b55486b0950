import { IntrospectBody, type Revocations, type ServiceUser } from '@kaimen/protocol'
import { secondMs } from '../clock.ts'
import { KaimenError } from '../errors.ts'
import { recordEvent } from '../events.ts'
import { formatId, parseId } from '../id.ts'
import { introspect as introspectToken } from '../session/introspect.ts'
import type { StoredCredential, StoredUser } from '../store/store.ts'
import { maskedPhone, openPhone } from '../user/phone.ts'
import { readBody, refuseBody } from './body.ts'
import type { Handler, HttpParts } from './handlers.ts'
import { avatarUrl, instant, jsonResponse } from './reply.ts'
import { hasScope, service } from './service.ts'

/** `POST /v1/introspect` */
export const introspect: Handler = async (parts, call) => {
  await service(parts, call, 'introspect')
  const { token } = await readBody(call.request, IntrospectBody, { form: true })
  return jsonResponse(await introspectToken(parts, token))
}

/** `GET /v1/users/{id}` */
export const serviceUser: Handler = async (parts, call) => {
  const credential = await service(parts, call, 'users')
  const id = parseId('usr', call.params['id'] ?? '')
  const user = id === undefined ? undefined : await parts.store.findUser(id)
  if (!user) throw new KaimenError('not_found')
  const { status } = user
  const isThere = status === 'active' || status === 'disabled'
  const reply = await (isThere ? describe(parts, user, credential) : describeGone(parts, user))
  return jsonResponse(reply)
}

async function describe(
  parts: HttpParts,
  user: StoredUser,
  credential: StoredCredential,
): Promise<ServiceUser> {
  const withIdentities = hasScope(credential, 'users:identities')
  return {
    ...base(user),
    nickname: user.nickname,
    avatar_url: avatarUrl(parts, user),
    phone: hasScope(credential, 'users:phone')
      ? await revealPhone(parts, user, credential)
      : maskedPhone(parts.ring, user),
    ...(withIdentities && {
      identities: (await parts.store.listIdentities(user.id)).map(
        ({ app_id, openid, unionid, created_at }) => {
          return { app_id, openid, unionid, created_at: instant(created_at) }
        },
      ),
    }),
  }
}

/** [PI-3] Whoever was shown a whole number is written down. */
async function revealPhone(parts: HttpParts, user: StoredUser, credential: StoredCredential) {
  const phone = openPhone(parts.ring, user)
  if (!phone) return null
  await recordEvent(parts, {
    kind: 'phone_revealed',
    user_id: formatId('usr', user.id),
    credential_id: formatId('crd', credential.id),
  })
  return phone.e164
}

/** Who left or became another is not described any more: only what has become of them. */
async function describeGone({ store }: HttpParts, user: StoredUser): Promise<ServiceUser> {
  const into = user.status === 'merged' ? await store.findMergedInto(user.id) : undefined
  return { ...base(user), ...(into !== undefined && { merged_into: formatId('usr', into) }) }
}

function base({ id, status, created_at, gone_at }: StoredUser): ServiceUser {
  return {
    id: formatId('usr', id),
    status,
    nickname: null,
    avatar_url: null,
    phone: null,
    created_at: instant(created_at),
    gone_at: gone_at === null ? null : instant(gone_at),
    merged_into: null,
  }
}

/** The longest wait for news, and the usual one: below what proxies allow a silent answer. */
const maxWaitSeconds = 25

/** `GET /v1/revocations` */
export const revocations: Handler = async (parts, call) => {
  await service(parts, call, 'revocations')
  const query = new URL(call.request.url).searchParams
  const after = query.get('after') ?? undefined
  const waitMs = readWait(query.get('wait')) * secondMs
  const { signal } = call.request
  const page = await parts.revocations.read({ after, waitMs, signal })
  if (!page) throw refuseField('after')
  return jsonResponse({
    revocations: page.revocations.map(({ id, ended_at }) => ({
      session_id: formatId('ses', id),
      at: instant(ended_at),
    })),
    cutoffs: page.cutoffs.map(({ app_id, at }) => ({ app_id, at: instant(at) })),
    cursor: page.cursor,
  } satisfies Revocations)
}

function readWait(text: string | null): number {
  if (text === null) return maxWaitSeconds
  if (!/^\d{1,2}$/.test(text) || Number(text) > maxWaitSeconds) throw refuseField('wait')
  return Number(text)
}

function refuseField(name: 'after' | 'wait'): KaimenError {
  return refuseBody({
    'zh-CN': `参数 ${name} 的取值不正确。`,
    en: `The parameter ${name} has the wrong value.`,
  })
}
