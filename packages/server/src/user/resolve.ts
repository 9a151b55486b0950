import type { FoundUsers, StoredUser } from '../store/store.ts'

/** What a proof, and what is stored, come to. */
export type Decision =
  /**
   * R1, R8: this user, by openid, by phone or by their own approval. `claim`: what is new becomes
   * this user's. (R9)
   */
  | { kind: 'exists'; user: StoredUser; unionid: Claim; phone: Claim }
  /** R2, R5: the openid is new; its unionid or the proven phone belongs to this user. */
  | { kind: 'link'; user: StoredUser; unionid: Claim; phone: Claim }
  /**
   * R3 to R5: nothing of it is known; or the unionid's user has another openid in this app, and
   * keeps the unionid.
   */
  | { kind: 'create'; unionid: Claim }
  /**
   * Two users have a claim. Over a unionid (R9) the sign-in goes on as the openid's user, and the
   * two wait for a merge. Over a phone (R5) nothing changes.
   */
  | { kind: 'conflict'; over: 'unionid'; user: StoredUser; holder: StoredUser; phone: Claim }
  | { kind: 'conflict'; over: 'phone'; holder: StoredUser }

type Claim = 'claim' | 'leave'

/**
 * Decides who a proof is of. Pure and total.
 *
 * The openid decides before the unionid: a unionid may arrive late, and must never turn a person
 * into somebody else. [WX-8] A proven phone links only where it takes nobody's place; one that was
 * never proven links nothing. (R7)
 */
export function resolve(found: FoundUsers): Decision {
  const {
    byOpenid,
    byUnionid,
    isUnionidUserInApp,
    byPhone,
    byUnverifiedPhone,
    byApproval,
    proves,
  } = found
  if (byApproval) return { kind: 'exists', user: byApproval, unionid: 'leave', phone: 'leave' }
  const holder = byPhone?.user
  const newUnionid: Claim = proves.unionid && !byUnionid ? 'claim' : 'leave'
  const newPhone = (user: StoredUser): Claim =>
    proves.phone && !holder && user.phone === null ? 'claim' : 'leave'

  if (byOpenid) {
    if (holder && holder.id !== byOpenid.id) return { kind: 'conflict', over: 'phone', holder }
    const phone = newPhone(byOpenid)
    if (byUnionid && byUnionid.id !== byOpenid.id) {
      return { kind: 'conflict', over: 'unionid', user: byOpenid, holder: byUnionid, phone }
    }
    return { kind: 'exists', user: byOpenid, unionid: newUnionid, phone }
  }

  if (!proves.openid) {
    // A number that was never proven is good for coming back to what was made with it.
    const user = holder ?? (proves.phone ? undefined : byUnverifiedPhone)
    return user
      ? { kind: 'exists', user, unionid: 'leave', phone: 'leave' }
      : { kind: 'create', unionid: 'leave' }
  }

  if (holder) {
    const elsewhere = byUnionid !== undefined && byUnionid.id !== holder.id
    if (byPhone?.hasIdentityInApp || elsewhere) return { kind: 'conflict', over: 'phone', holder }
    return { kind: 'link', user: holder, unionid: newUnionid, phone: 'leave' }
  }
  if (byUnionid && !isUnionidUserInApp) {
    return { kind: 'link', user: byUnionid, unionid: 'leave', phone: newPhone(byUnionid) }
  }
  return { kind: 'create', unionid: newUnionid }
}
