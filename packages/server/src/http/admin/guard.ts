import { adminRoles, type AdminRole } from '@kaimen/protocol'
import { resumeAdminSession, type SignedInAdmin } from '../../admin/session.ts'
import { KaimenError } from '../../errors.ts'
import { isFromPageOf, readCookie } from '../browser.ts'
import type { Call, HttpParts } from '../handlers.ts'

/** A call by an administrator whose role allows it. */
export type AdminCall = Call & SignedInAdmin

/** The page of the console, and of no other origin, not even of the host's own shop. [WB-2] */
export function requireConsole(parts: HttpParts, request: Request): void {
  const { publicUrl } = parts
  if (isFromPageOf(new Set([new URL(publicUrl).origin]), request)) return
  throw new KaimenError('origin_refused', {
    detail: {
      'zh-CN': `控制台只能在 ${publicUrl}/console/ 打开。请求来自别处，没有做任何更改。请改用这个地址。`,
      en: `The console works at ${publicUrl}/console/ alone. The request comes from elsewhere, and nothing was changed. Open it there.`,
    },
  })
}

/**
 * The one place that decides what a role may. [WB-3]
 *
 * @throws {@link KaimenError} `origin_refused`, `admin_required`, `role_missing`.
 */
export async function requireRole(
  parts: HttpParts,
  call: Call,
  least: AdminRole,
): Promise<AdminCall> {
  requireConsole(parts, call.request)
  const signedIn = await resumeAdminSession(parts, readCookie(parts, call.request, 'admin'))
  if (adminRoles.indexOf(signedIn.admin.role) < adminRoles.indexOf(least)) {
    throw new KaimenError('role_missing')
  }
  return { ...call, ...signedIn }
}
