import {
  AdminMergeBody,
  type AdminConflicts,
  type AdminMerged,
  type AdminMerges,
} from '@kaimen/protocol'
import { KaimenError } from '../../errors.ts'
import { parseId } from '../../id.ts'
import { readBody } from '../body.ts'
import type { HttpParts } from '../handlers.ts'
import { jsonResponse } from '../reply.ts'
import type { AdminCall } from './guard.ts'
import { operateAs, refuseMissing } from './operate.ts'
import { adminUserReply } from './reply.ts'
import type { AdminHandler } from './routes.ts'

function readPage({ request }: AdminCall) {
  const after = new URL(request.url).searchParams.get('after')
  return { limit: 100, ...(after !== null && { after }) }
}

/** `GET /v1/admin/conflicts` */
export const listConflicts: AdminHandler = async (parts, call) => {
  const found = await operateAs(parts, call).conflicts.list(readPage(call))
  const reply: AdminConflicts = {
    conflicts: await Promise.all(
      found.map(async ({ id, user_id, holder_id, app_id, created_at }) => {
        const [user, holder] = await Promise.all([
          findShown(parts, user_id),
          findShown(parts, holder_id),
        ])
        return { id, user, holder, app_id, created_at: created_at.toISOString() }
      }),
    ),
  }
  return jsonResponse(reply)
}

async function findShown(parts: HttpParts, id: string) {
  const user = await parts.store.findUser(parseId('usr', id) ?? 0)
  return user ? adminUserReply(parts, user) : null
}

/** `POST /v1/admin/conflicts/{id}/dismiss` */
export const dismiss: AdminHandler = async (parts, call) => {
  refuseMissing(await operateAs(parts, call).conflicts.dismiss(call.params['id'] ?? ''))
  return jsonResponse({})
}

/** `GET /v1/admin/merges` */
export const listMerges: AdminHandler = async (parts, call) => {
  const merges = await operateAs(parts, call).users.merges(readPage(call))
  const reply: AdminMerges = {
    merges: merges.map(({ created_at, undone_at, ...merge }) => ({
      ...merge,
      created_at: created_at.toISOString(),
      undone_at: undone_at?.toISOString() ?? null,
    })),
  }
  return jsonResponse(reply)
}

/** `POST /v1/admin/merges` */
export const merge: AdminHandler = async (parts, call) => {
  const pair = await readBody(call.request, AdminMergeBody)
  const merged = await operateAs(parts, call).users.merge(pair)
  if (merged.outcome !== 'merged') {
    throw new KaimenError(merged.outcome === 'same_app' ? 'merge_refused' : 'not_found')
  }
  const reply: AdminMerged = { merge_id: merged.merge_id }
  return jsonResponse(reply, { status: 201 })
}

/** `POST /v1/admin/merges/{id}/undo` */
export const undoMerge: AdminHandler = async (parts, call) => {
  refuseMissing(await operateAs(parts, call).users.undoMerge(call.params['id'] ?? ''))
  return jsonResponse({})
}
