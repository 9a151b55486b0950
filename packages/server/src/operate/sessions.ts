import { ConfigError } from '../errors.ts'
import { parseId } from '../id.ts'
import { cutOff, endAllOfUser } from '../session/end-all.ts'
import type { Ready } from './parts.ts'

/** Whose sessions: of one user, of one app, or of everybody. */
export type Whose = { user_id: string } | { app_id: string } | { all: true }

export type SessionOperations = {
  /**
   * Signs out everywhere, however many they are; tokens count for 5 s more where they are verified
   * without asking. Of an app, or of all: what began up to the end of this second.
   *
   * @returns `not_found` for a user who has no session.
   */
  endAll(whose: Whose): Promise<'ended' | 'not_found'>
}

export function sessionOperations(ready: Ready): SessionOperations {
  return {
    async endAll(whose) {
      const parts = await ready()
      if ('all' in whose && whose.all) await cutOff(parts, null)
      else if ('app_id' in whose && whose.app_id) await cutOff(parts, whose.app_id)
      else if ('user_id' in whose) {
        const id = parseId('usr', whose.user_id)
        if (id === undefined || (await endAllOfUser(parts, id)) === 0) return 'not_found'
      } else throw new ConfigError('endAll takes user_id, app_id, or all: true.')
      return 'ended'
    },
  }
}
