import type { SignInWechatBody } from '@kaimen/protocol'
import type { Wechat } from '@kaimen/wechat'
import type { App } from './app.ts'
import { exchangeOnce, type CodeClaim } from './challenge/code-claim.ts'
import { issueTicket, ticketTtlMs } from './challenge/ticket.ts'
import type { Clock } from './clock.ts'
import { sha256 } from './digest.ts'
import { KaimenError } from './errors.ts'
import { isLoginCode, proveByWechat, type WechatProof } from './flow/wechat.ts'
import type { Admit, Emit } from './hooks.ts'
import { formatId } from './id.ts'
import type { KeyRing } from './key-ring.ts'
import type { Random } from './random.ts'
import { openText, sealText } from './seal.ts'
import type { EphemeralStore } from './store/ephemeral-store.ts'
import type { SignInWrite, Store, StoredSession, StoredUser } from './store/store.ts'
import { hookUser } from './user/hook-user.ts'
import { resolve, type Decision } from './user/resolve.ts'
import { sealSessionKey } from './user/session-key.ts'

export type SignInParts = {
  readonly store: Store
  readonly ephemeral: EphemeralStore
  readonly wechat: Wechat
  readonly clock: Clock
  readonly random: Random
  readonly ring: KeyRing
  readonly emit: Emit
  readonly admit: Admit | undefined
}

export type SignInResult =
  | { status: 'signed_in'; session: StoredSession; user: StoredUser; isNewUser: boolean }
  | { status: 'phone_required'; ticket: string; expiresInMs: number }

type Device = SignInWechatBody['device']

/**
 * Signs in with the code of `wx.login`: the code becomes a proof, the proof a user, the user a
 * session.
 */
export async function signInByWechat(
  parts: SignInParts,
  app: App,
  { code, idempotencyKey, device }: Omit<CodeClaim, 'app_id'> & { device: Device },
): Promise<SignInResult> {
  if (!isLoginCode(code)) throw new KaimenError('code_invalid')
  const claim = { app_id: app.app_id, code, idempotencyKey }
  let result: SignInResult | undefined
  const outcome = await exchangeOnce(parts, claim, async () => {
    const proof = await proveByWechat(parts.wechat, app, code)
    result = await signIn(parts, app, proof, device)
    return rememberResult(parts, claim, result)
  })
  return result ?? recallResult(parts, claim, outcome)
}

/**
 * What a proven identity comes to. Sign-ins that race are settled by the store's indexes: the loser
 * looks again.
 */
async function signIn(
  parts: SignInParts,
  app: App,
  proof: WechatProof,
  device: Device,
): Promise<SignInResult> {
  for (let look = 0; look < 5; look++) {
    const decision = resolve(await parts.store.findByWechat(proof))
    const known = decision.kind === 'create' ? undefined : decision.user
    if (known && known.status !== 'active') throw new KaimenError('user_disabled')
    await askHost(parts, proof, known)
    if (!known && app.registration === 'phone') return requirePhone(parts, proof)

    const write = describeSignIn(parts, app, proof, decision, device)
    const written = await parts.store.signIn(write)
    if (written.outcome === 'user_not_active') throw new KaimenError('user_disabled')
    if (written.outcome === 'taken') continue

    const { user_id, session_id } = written
    parts.emit({
      kind: 'signed_in',
      user_id: formatId('usr', user_id),
      session_id: formatId('ses', session_id),
      app_id: app.app_id,
      decision: decision.kind,
    })
    return {
      status: 'signed_in',
      isNewUser: !known,
      user: known ?? newUser(user_id, write.now_ms),
      session: newSession(session_id, user_id, write),
    }
  }
  throw new KaimenError('unavailable', { retryAfterSeconds: 1 })
}

async function askHost({ admit }: SignInParts, proof: WechatProof, user: StoredUser | undefined) {
  const { app_id, openid, unionid } = proof
  const answer = await admit?.({
    proof: { kind: 'wechat', app_id, openid, unionid },
    user: user && hookUser(user),
  })
  if (answer) throw new KaimenError('sign_in_refused', { detail: answer.refuse })
}

async function requirePhone(parts: SignInParts, proof: WechatProof): Promise<SignInResult> {
  const pending = { ...proof, session_key: proof.session_key.reveal() }
  const ticket = await issueTicket(parts, pending)
  return { status: 'phone_required', ticket, expiresInMs: ticketTtlMs }
}

function describeSignIn(
  { clock, ring, random }: SignInParts,
  { session: limits }: App,
  proof: WechatProof,
  decision: Decision,
  device: Device,
): SignInWrite {
  const { session_key, ...wechat } = proof
  const now_ms = clock.now()
  const hasIdentity = decision.kind === 'exists' || decision.kind === 'conflict'
  const claimsUnionid =
    decision.kind === 'create' || (decision.kind === 'exists' && decision.unionid === 'claim')
  return {
    now_ms,
    wechat,
    user_id: decision.kind === 'create' ? null : decision.user.id,
    identity: hasIdentity ? 'known' : 'new',
    unionid: claimsUnionid && wechat.unionid !== null ? 'claim' : 'leave',
    session_key: sealSessionKey(ring, random, wechat, session_key.reveal()),
    session: {
      device: device ? JSON.stringify(device) : null,
      idle_expires_at: now_ms + Math.min(limits.idleMs, limits.absoluteMs),
      expires_at: now_ms + limits.absoluteMs,
    },
    event: {
      kind: 'signed_in',
      detail: JSON.stringify({
        decision: decision.kind,
        ...(decision.kind === 'conflict' && { unionid_holder: decision.holder.id }),
      }),
    },
  }
}

function newUser(id: number, created_at: number): StoredUser {
  return { id, status: 'active', nickname: null, avatar_url: null, created_at }
}

function newSession(id: number, user_id: number, write: SignInWrite): StoredSession {
  const { now_ms, wechat, session } = write
  return {
    id,
    user_id,
    app_id: wechat.app_id,
    generation: 0,
    created_at: now_ms,
    rotated_at: now_ms,
    ended_at: null,
    ...session,
  }
}

/**
 * What a repetition of the same request needs to get the same answer. Tokens are minted anew from
 * the session; a ticket is kept sealed for the code that it came from.
 */
type Remembered = { session_id: number; isNewUser: boolean } | { ticket: string; expiresAt: number }

const ticketPlace = ({ app_id, code }: CodeClaim) => ({
  table: 'ephemeral',
  row: sha256(app_id, code),
  column: 'ticket',
})

function rememberResult(
  { clock, ring, random }: SignInParts,
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

async function recallResult(
  { store, clock, ring }: SignInParts,
  claim: CodeClaim,
  outcome: string,
): Promise<SignInResult> {
  const remembered = JSON.parse(outcome) as Remembered
  if ('ticket' in remembered) {
    const ticket = openText(ring, ticketPlace(claim), remembered.ticket)
    if (ticket === undefined) throw new KaimenError('code_used')
    const expiresInMs = Math.max(0, remembered.expiresAt - clock.now())
    return { status: 'phone_required', ticket, expiresInMs }
  }
  const found = await store.findSession(remembered.session_id)
  if (!found || found.session.ended_at !== null) throw new KaimenError('session_ended')
  if (found.user.status !== 'active') throw new KaimenError('user_disabled')
  return { status: 'signed_in', isNewUser: remembered.isNewUser, ...found }
}
