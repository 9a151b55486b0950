import type { Clock } from '../clock.ts'
import { KaimenError } from '../errors.ts'
import { formatId } from '../id.ts'
import { findLiveSession } from '../session/authenticate.ts'
import type { Store } from '../store/store.ts'
import type { Proof } from '../user/proof.ts'

/**
 * A user who is signed in on a phone said yes to a sign-in elsewhere. It proves as much as the
 * session that said so: whoever has signed out there since, or was disabled, has taken it back.
 * [OA-6]
 *
 * @throws {@link KaimenError} `session_ended`, `user_disabled`
 */
export async function proveByApproval(
  parts: { store: Store; clock: Clock },
  { user_id, approved_in }: { user_id: number; approved_in: number },
): Promise<Proof> {
  const refuse = (code: KaimenError['code']) =>
    new KaimenError(code, { user_id: formatId('usr', user_id) })
  const { user } = await findLiveSession(parts, approved_in).catch((error: unknown) => {
    throw error instanceof KaimenError && error.code !== 'unavailable' ? refuse(error.code) : error
  })
  if (user.id !== user_id) throw refuse('session_ended')
  return { wechat: null, phone: null, approver: user_id, by: 'scan' }
}
