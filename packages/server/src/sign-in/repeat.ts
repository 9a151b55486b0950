import type { CodeClaim } from '../challenge/code-claim.ts'
import { sha256 } from '../digest.ts'
import { KaimenError } from '../errors.ts'
import type { KeyRing } from '../key-ring.ts'
import type { Random } from '../random.ts'
import { openText, sealText } from '../seal.ts'
import { addedClaims, type ClaimsParts } from '../session/tokens.ts'
import type { Store } from '../store/store.ts'
import { hookUser } from '../hook-user.ts'
import type { SignInResult } from './result.ts'

/**
 * What a repetition of the same request needs to get the same answer. Tokens are minted anew from
 * the session; a ticket is kept sealed for the code that it came from.
 */
type Remembered = { session_id: number; isNewUser: boolean } | { ticket: string; expiresAt: number }

type Parts = ClaimsParts & { store: Store; ring: KeyRing; random: Random }

const ticketPlace = ({ app_id, code }: CodeClaim) => ({
  table: 'ephemeral',
  row: sha256(app_id, code),
  column: 'ticket',
})

export function rememberResult(
  { clock, ring, random }: Parts,
  claim: CodeClaim,
  result: SignInResult,
): string {
  const remembered: Remembered =
    result.status === 'signed_in'
      ? { session_id: result.session.id, isNewUser: result.isNewUser }
      : {
          ticket: sealText(ring, random, ticketPlace(claim), result.ticket),
          expiresAt: clock.now() + result.expiresInMs,
        }
  return JSON.stringify(remembered)
}

export async function recallResult(
  parts: Parts,
  claim: CodeClaim,
  outcome: string,
): Promise<SignInResult> {
  const remembered = JSON.parse(outcome) as Remembered
  if ('ticket' in remembered) {
    const ticket = openText(parts.ring, ticketPlace(claim), remembered.ticket)
    if (ticket === undefined) throw new KaimenError('code_used')
    const expiresInMs = Math.max(0, remembered.expiresAt - parts.clock.now())
    return { status: 'phone_required', ticket, expiresInMs }
  }
  const found = await parts.store.findSession(remembered.session_id)
  if (!found || found.session.ended_at !== null) throw new KaimenError('session_ended')
  if (found.user.status !== 'active') throw new KaimenError('user_disabled')
  const { session, user } = found
  const claims = await addedClaims(parts, session, () => hookUser(user))
  return { status: 'signed_in', isNewUser: remembered.isNewUser, session, user, claims }
}
