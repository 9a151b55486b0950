import { AdminRoleBody, type AdminInvited, type Admins } from '@kaimen/protocol'
import { KaimenError } from '../../errors.ts'
import { readBody } from '../body.ts'
import { jsonResponse } from '../reply.ts'
import { operateAs, refuseMissing } from './operate.ts'
import { adminReply } from './reply.ts'
import type { AdminHandler } from './routes.ts'

/** `GET /v1/admin/admins` */
export const listAdmins: AdminHandler = async ({ store }) => {
  const reply: Admins = { admins: (await store.listAdmins()).map(adminReply) }
  return jsonResponse(reply)
}

/** `POST /v1/admin/invites` */
export const invite: AdminHandler = async (parts, call) => {
  const { role } = await readBody(call.request, AdminRoleBody)
  const { token, expires_at } = await operateAs(parts, call).admins.invite({ role })
  const reply: AdminInvited = {
    url: `${parts.publicUrl}/console/#/set-up/${token.reveal()}`,
    expires_at: expires_at.toISOString(),
  }
  return jsonResponse(reply, { status: 201 })
}

/** `PATCH /v1/admin/admins/{id}` */
export const changeRole: AdminHandler = async (parts, call) => {
  const { role } = await readBody(call.request, AdminRoleBody)
  refuseLast(await operateAs(parts, call).admins.setRole(call.params['id'] ?? '', role))
  return jsonResponse({})
}

/** `DELETE /v1/admin/admins/{id}` */
export const end: AdminHandler = async (parts, call) => {
  refuseLast(await operateAs(parts, call).admins.end(call.params['id'] ?? ''))
  return jsonResponse({})
}

function refuseLast(outcome: string): void {
  refuseMissing(outcome)
  if (outcome === 'last_owner') throw new KaimenError('last_owner')
}
