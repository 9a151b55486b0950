import type { Secret } from '@kaimen/wechat'
import type { ProofKind } from '../hooks.ts'
import type { PhoneNumber } from '../phone-number.ts'
import type { WechatKey } from '../store/store.ts'

/** What is known for sure of whoever signs in, and how: never what a client merely says. */
export type Proof = {
  readonly wechat: WechatProof | null
  readonly phone: PhoneNumber | null
  /** Never proven; but its password was right, so it names whoever registered with it. (R7) */
  readonly unverifiedPhone?: PhoneNumber
  /** The id of a user who said so themselves, from a session of theirs. Links nothing. */
  readonly approver?: number
  /** The last step that proved something. */
  readonly by: ProofKind
}

/** WeChat says: whoever held this code is this openid of this app. Cloud hosting gives no key. */
export type WechatProof = WechatKey & { readonly session_key: Secret | null }
