import { secret, type Secret } from '@kaimen/wechat'
import type { KeyRing } from '../key-ring.ts'
import type { Random } from '../random.ts'
import { open, seal } from '../seal.ts'

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
  return seal(ring, random, place(app_id, openid), session_key)
}

/** @returns `undefined` where there is none that opens. */
export function openSessionKey(
  ring: KeyRing,
  { app_id, openid }: { app_id: string; openid: string },
  sealed: Uint8Array | undefined,
): Secret | undefined {
  const session_key = sealed && open(ring, place(app_id, openid), sealed)
  return session_key === undefined ? undefined : secret(session_key)
}

const place = (app_id: string, openid: string) => ({
  table: 'identities',
  row: `${app_id}/${openid}`,
  column: 'session_key',
})
