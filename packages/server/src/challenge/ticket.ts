import type { Clock } from '../clock.ts'
import { minuteMs } from '../clock.ts'
import { sha256 } from '../digest.ts'
import type { KeyRing } from '../key-ring.ts'
import type { Random } from '../random.ts'
import { sealText } from '../seal.ts'
import type { EphemeralStore } from '../store/ephemeral-store.ts'
import type { WechatKey } from '../store/store.ts'

/** Life of a ticket. */
export const ticketTtlMs = 10 * minuteMs

/** A WeChat identity that is proven, and waits for a phone to become a user. */
export type PendingIdentity = WechatKey & { readonly session_key: string }

type Parts = { ephemeral: EphemeralStore; ring: KeyRing; random: Random; clock: Clock }

/**
 * Puts a proven identity aside, and gives the ticket that fetches it: 256 random bits that stand
 * for an openid in the client's hands. The store holds neither ticket nor identity in the clear.
 */
export async function issueTicket(
  { ephemeral, ring, random }: Parts,
  pending: PendingIdentity,
): Promise<string> {
  const ticket = `kmt_${Buffer.from(random(32)).toString('base64url')}`
  const key = `ticket/${sha256(ticket)}`
  const place = { table: 'ephemeral', row: key, column: 'value' }
  const sealed = sealText(ring, random, place, JSON.stringify(pending))
  await ephemeral.set(key, sealed, ticketTtlMs)
  return ticket
}
