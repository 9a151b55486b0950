import { adminRoles, type AdminRole } from '@kaimen/protocol'
import type { Secret } from '@kaimen/wechat'
import { changeRole, endAdmin } from '../admin/manage.ts'
import { inviteAdmin } from '../admin/set-up.ts'
import { ConfigError } from '../errors.ts'
import { formatId, parseId } from '../id.ts'
import type { Ready } from './parts.ts'

/** Who works at the console. */
export type Administrator = {
  readonly id: string
  readonly name: string
  readonly role: AdminRole
  readonly created_at: Date
  readonly ended_at: Date | null
}

export type AdminOperations = {
  /**
   * Whoever opens `publicUrl/console/#/set-up/<token>` within a day becomes an administrator; it
   * works once.
   *
   * @throws {@link ConfigError} There is no such role.
   */
  invite(options: { role: AdminRole }): Promise<{ token: Secret; expires_at: Date }>
  /** Those that have ended too; newest first. */
  list(): Promise<readonly Administrator[]>
  /** `last_owner`: nobody would be owner any more. @throws {@link ConfigError} As of `invite`. */
  setRole(id: string, role: AdminRole): Promise<'changed' | 'last_owner' | 'not_found'>
  /** With their sessions. `last_owner`: nobody would be owner any more. */
  end(id: string): Promise<'ended' | 'last_owner' | 'not_found'>
}

export function adminOperations(ready: Ready): AdminOperations {
  return {
    async invite({ role }) {
      checkRole(role)
      const { token, expires_at } = await inviteAdmin(await ready(), role)
      return { token, expires_at: new Date(expires_at) }
    },

    async list() {
      const { store } = await ready()
      return (await store.listAdmins()).map(({ id, name, role, created_at, ended_at }) => ({
        id: formatId('adm', id),
        name,
        role,
        created_at: new Date(created_at),
        ended_at: ended_at === null ? null : new Date(ended_at),
      }))
    },

    async setRole(admin_id, role) {
      checkRole(role)
      const id = parseId('adm', admin_id)
      return id === undefined ? 'not_found' : changeRole(await ready(), id, role)
    },

    async end(admin_id) {
      const id = parseId('adm', admin_id)
      return id === undefined ? 'not_found' : endAdmin(await ready(), id)
    },
  }
}

function checkRole(role: AdminRole) {
  if (adminRoles.includes(role)) return
  throw new ConfigError(`role has to be one of ${adminRoles.join(', ')}.`)
}
