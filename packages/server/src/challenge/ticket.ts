import { secret, type Secret } from '@kaimen/wechat'
import { minuteMs } from '../clock.ts'
import { sha256 } from '../digest.ts'
import { KaimenError } from '../errors.ts'
import type { KeyRing } from '../key-ring.ts'
import type { Random } from '../random.ts'
import { openText, sealText } from '../seal.ts'
import type { EphemeralStore } from '../store/ephemeral-store.ts'
import type { WechatKey } from '../store/store.ts'

/** Life of a ticket. */
export const ticketTtlMs = 10 * minuteMs

/** A WeChat identity that is proven, and waits for a phone to become a user. */
type Pending = WechatKey & { readonly session_key: Secret | null }

type Parts = { ephemeral: EphemeralStore; ring: KeyRing; random: Random }

/**
 * Puts a proven identity aside, and gives the ticket that fetches it: 256 random bits that stand
 * for an openid in the client's hands. The store holds neither ticket nor identity in the clear.
 */
export async function issueTicket(
  { ephemeral, ring, random }: Parts,
  { session_key, ...key }: Pending,
): Promise<string> {
  const ticket = `kmt_${Buffer.from(random(32)).toString('base64url')}`
  const stored: Stored = { ...key, session_key: session_key?.reveal() ?? null }
  const sealed = sealText(ring, random, place(ticket), JSON.stringify(stored))
  await ephemeral.set(storeKey(ticket), sealed, ticketTtlMs)
  return ticket
}

/**
 * Reads what a ticket stands for and leaves it good: a wrong code typed with it must not cost the
 * person another login.
 *
 * @throws {@link KaimenError} `ticket_invalid`: used, too old, or nobody's.
 */
export async function readTicket({ ephemeral, ring }: Parts, ticket: string): Promise<Pending> {
  const sealed = await ephemeral.get(storeKey(ticket))
  const text = sealed === undefined ? undefined : openText(ring, place(ticket), sealed)
  if (text === undefined) throw new KaimenError('ticket_invalid')
  const { session_key, ...key } = JSON.parse(text) as Stored
  return { ...key, session_key: session_key === null ? null : secret(session_key) }
}

/**
 * Uses a ticket up. Of those who do so at once, one may go on.
 *
 * @throws {@link KaimenError} `ticket_invalid`
 */
export async function spendTicket({ ephemeral }: Parts, ticket: string): Promise<void> {
  if ((await ephemeral.take(storeKey(ticket))) === undefined) {
    throw new KaimenError('ticket_invalid')
  }
}

type Stored = WechatKey & { session_key: string | null }

const storeKey = (ticket: string) => `ticket/${sha256(ticket)}`
const place = (ticket: string) => ({
  table: 'ephemeral',
  row: storeKey(ticket),
  column: 'value',
})
