import {
  AdminUserSearchBody,
  type AdminRevealed,
  type AdminUserDetail,
  type AdminUsers,
} from '@kaimen/protocol'
import { KaimenError } from '../../errors.ts'
import { actAs, recordEvent } from '../../events.ts'
import { formatId, parseId } from '../../id.ts'
import { parsePhone } from '../../phone-number.ts'
import type { StoredUser } from '../../store/store.ts'
import { exportUser } from '../../user/export.ts'
import { maskedPhone, openPhone, phoneIndexes } from '../../user/phone.ts'
import { readBody, refuseBody } from '../body.ts'
import type { HttpParts } from '../handlers.ts'
import { endSessionOf } from '../../session/end-session.ts'
import { avatarUrl, instant, jsonResponse } from '../reply.ts'
import type { AdminCall } from './guard.ts'
import { operateAs, refuseMissing } from './operate.ts'
import { adminUserReply, nullableInstant } from './reply.ts'
import type { AdminHandler } from './routes.ts'

/** `POST /v1/admin/users/search`. By POST, so that no phone or openid stands in a URL. */
export const searchUsers: AdminHandler = async (parts, { request }) => {
  const { before, limit = 50, ...by } = await readBody(request, AdminUserSearchBody)
  const [one, ...more] = Object.values(by)
  if (more.length > 0 || (one !== undefined && before !== undefined)) {
    throw refuseBody({
      'zh-CN': '一次只能按 id、nickname、phone、openid 中的一项查找；before 用于不带条件的列表。',
      en: 'Search by one of id, nickname, phone, openid at a time; before is for the list without any.',
    })
  }
  // Nobody has such a name or openid, and PostgreSQL takes no such text.
  if (/\p{Cc}/u.test(one ?? '')) return jsonResponse({ users: [] })
  const found = await findUsers(parts, { ...by, before, limit })
  const reply: AdminUsers = { users: found.map((user) => adminUserReply(parts, user)) }
  return jsonResponse(reply)
}

async function findUsers(
  parts: HttpParts,
  { id, nickname, phone, openid, before, limit }: AdminUserSearchBody & { limit: number },
): Promise<readonly StoredUser[]> {
  const { store } = parts
  if (id !== undefined) return some(await store.findUser(parseId('usr', id) ?? 0))
  if (nickname !== undefined) return store.listUsers({ nickname, limit })
  if (phone !== undefined) return findByPhone(parts, phone)
  if (openid !== undefined) return findByOpenid(parts, openid)
  const below = before === undefined ? undefined : parseId('usr', before)
  if (before !== undefined && below === undefined) return []
  return store.listUsers({ limit, ...(below !== undefined && { before: below }) })
}

const some = (user: StoredUser | undefined) => (user ? [user] : [])

async function findByPhone({ store, ring }: HttpParts, typed: string) {
  const phone = parsePhone(typed)
  if (!phone) return []
  const indexes = phoneIndexes(ring, phone)
  const proof = { app_id: '', wechat: null, phone: indexes, unverified_phone: indexes }
  const { byPhone, byUnverifiedPhone } = await store.findUsers(proof)
  return some(byPhone?.user ?? byUnverifiedPhone)
}

async function findByOpenid({ store, apps }: HttpParts, openid: string) {
  const found = await Promise.all(
    [...apps.keys()].map((app_id) => {
      const wechat = { app_id, openid, open_platform: null, unionid: null }
      return store.findUsers({ app_id, wechat, phone: null })
    }),
  )
  return found.flatMap(({ byOpenid }) => some(byOpenid))
}

/** `GET /v1/admin/users/{id}` */
export const showUser: AdminHandler = async (parts, call) => {
  const { store, ring } = parts
  const user = await findUser(parts, call)
  const [identities, sessions, password, claimed, into] = await Promise.all([
    store.listIdentities(user.id),
    store.listPastSessions(user.id),
    store.findPassword(user.id),
    store.findUnverifiedPhone(user.id),
    store.findMergedInto(user.id),
  ])
  const shown = adminUserReply(parts, user)
  const reply: AdminUserDetail = {
    ...shown,
    phone: shown.phone ?? (claimed ? maskedPhone(ring, claimed) : null),
    phone_verified: user.phone !== null,
    has_password: password !== undefined,
    merged_into: into === undefined ? null : formatId('usr', into),
    identities: identities.map(({ app_id, openid, unionid, created_at }) => ({
      app_id,
      openid,
      unionid,
      created_at: instant(created_at),
    })),
    sessions: sessions.map(({ id, app_id, device, created_at, rotated_at, ...ends }) => ({
      id: formatId('ses', id),
      app_id,
      device: readDevice(device),
      created_at: instant(created_at),
      last_seen_at: instant(rotated_at),
      expires_at: instant(Math.min(ends.idle_expires_at, ends.expires_at)),
      ended_at: nullableInstant(ends.ended_at),
      end_reason: ends.end_reason,
    })),
  }
  return jsonResponse(reply)
}

function readDevice(device: string | null): AdminUserDetail['sessions'][number]['device'] {
  const read: unknown = device === null ? null : JSON.parse(device)
  return typeof read === 'object' && read !== null ? { ...read } : null
}

/** @throws {@link KaimenError} `not_found` */
async function findUser({ store }: HttpParts, { params }: AdminCall): Promise<StoredUser> {
  const id = parseId('usr', params['id'] ?? '')
  const user = id === undefined ? undefined : await store.findUser(id)
  if (!user) throw new KaimenError('not_found')
  return user
}

/** The parts on which the administrator of a call acts. */
const actingParts = (parts: HttpParts, { admin }: AdminCall) =>
  actAs(parts, formatId('adm', admin.id))

/** `POST /v1/admin/users/{id}/reveal-phone`. Who was shown a whole number is written down. [PI-3] */
export const revealPhone: AdminHandler = async (parts, call) => {
  const user = await findUser(parts, call)
  const claimed = user.phone === null ? await parts.store.findUnverifiedPhone(user.id) : undefined
  const phone = openPhone(parts.ring, claimed ?? user)
  if (phone) {
    const told = { kind: 'phone_revealed', user_id: formatId('usr', user.id) } as const
    await recordEvent(actingParts(parts, call), told)
  }
  const reply: AdminRevealed = { phone: phone?.e164 ?? null }
  return jsonResponse(reply)
}

/** `POST /v1/admin/users/{id}/export` */
export const exportOfUser: AdminHandler = async (parts, call) => {
  const user = await findUser(parts, call)
  const data = await exportUser(parts, user, avatarUrl(parts, user))
  const told = { kind: 'data_exported', user_id: formatId('usr', user.id) } as const
  await recordEvent(actingParts(parts, call), told)
  return jsonResponse(data)
}

/** `POST /v1/admin/users/{id}/disable`, `enable`, `delete`, `restore` */
export const changeUser =
  (act: 'disable' | 'enable' | 'delete' | 'restore'): AdminHandler =>
  async (parts, call) => {
    refuseMissing(await operateAs(parts, call).users[act](call.params['id'] ?? ''))
    return jsonResponse({})
  }

/** `POST /v1/admin/users/{id}/end-sessions`. Of somebody who has none it is done already. */
export const endUserSessions: AdminHandler = async (parts, call) => {
  const user = await findUser(parts, call)
  await operateAs(parts, call).sessions.endAll({ user_id: formatId('usr', user.id) })
  return jsonResponse({})
}

/** `POST /v1/admin/sessions/{id}/end` */
export const endSession: AdminHandler = async (parts, call) => {
  const id = parseId('ses', call.params['id'] ?? '')
  const found = id === undefined ? undefined : await parts.store.findSession(id)
  if (id === undefined || !found) throw new KaimenError('not_found')
  const session = { id, user_id: found.user.id }
  if (!(await endSessionOf(actingParts(parts, call), session, 'ended_by_operator'))) {
    throw new KaimenError('not_found')
  }
  return jsonResponse({})
}
