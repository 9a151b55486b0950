import type { KeyRing } from '../key-ring.ts'
import type { Random } from '../random.ts'
import { seal } from '../seal.ts'

/**
 * Seals WeChat's `session_key` for the identity that it belongs to, the only form in which it is
 * kept. [WX-1]
 */
export function sealSessionKey(
  ring: KeyRing,
  random: Random,
  { app_id, openid }: { app_id: string; openid: string },
  session_key: string,
): Uint8Array {
  const place = { table: 'identities', row: `${app_id}/${openid}`, column: 'session_key' }
  return seal(ring, random, place, session_key)
}
