import type { FoundByWechat, StoredUser } from '../store/store.ts'

/** What a proof of a WeChat identity, and what is stored, come to. */
export type Decision =
  /** R1: the openid's user. `claim`: its unionid is new and becomes this user's. (R9) */
  | { kind: 'exists'; user: StoredUser; unionid: 'claim' | 'leave' }
  /** R2: the openid is new, its unionid belongs to this user. */
  | { kind: 'link'; user: StoredUser }
  /** R3, R4: neither is known. */
  | { kind: 'create' }
  /**
   * R9: the openid's user signs in; the unionid stays with its holder until somebody merges the
   * two.
   */
  | { kind: 'conflict'; user: StoredUser; holder: StoredUser }

/**
 * Decides who a WeChat identity is. Pure and total. The openid decides before the unionid: a
 * unionid may arrive late, and must never turn a person into somebody else. [WX-8]
 */
export function resolve({ byOpenid, byUnionid }: FoundByWechat): Decision {
  if (byOpenid && byUnionid && byOpenid.id !== byUnionid.id) {
    return { kind: 'conflict', user: byOpenid, holder: byUnionid }
  }
  if (byOpenid) return { kind: 'exists', user: byOpenid, unionid: byUnionid ? 'leave' : 'claim' }
  if (byUnionid) return { kind: 'link', user: byUnionid }
  return { kind: 'create' }
}
