import type { Device } from '@kaimen/protocol'
import type { AccessTokens as WechatTokens, Secret, Wechat } from '@kaimen/wechat'
import type { App } from './app.ts'
import { exchangeOnce, type CodeClaim } from './challenge/code-claim.ts'
import { issueTicket, readTicket, spendTicket, ticketTtlMs } from './challenge/ticket.ts'
import { sha256 } from './digest.ts'
import { KaimenError } from './errors.ts'
import { provePhoneByOtp } from './flow/otp.ts'
import { proveByPassword, type PasswordParts } from './flow/password.ts'
import { provePhoneByButton } from './flow/phone-button.ts'
import { isLoginCode, proveByWechat } from './flow/wechat.ts'
import type { Admit, Emit } from './hooks.ts'
import { formatId } from './id.ts'
import type { KeyRing } from './key-ring.ts'
import type { PhoneNumber } from './phone-number.ts'
import { openText, sealText } from './seal.ts'
import type { SignInWrite, StoredPhone, StoredSession, StoredUser } from './store/store.ts'
import { hookUser } from './user/hook-user.ts'
import { phoneIndexes, storedPhone } from './user/phone.ts'
import type { Proof } from './user/proof.ts'
import { resolve, type Decision } from './user/resolve.ts'
import { sealSessionKey } from './user/session-key.ts'

export type SignInParts = PasswordParts & {
  readonly wechat: Wechat
  readonly wechatTokens: WechatTokens
  readonly ring: KeyRing
  readonly emit: Emit
  readonly admit: Admit | undefined
}

export type SignInResult =
  | { status: 'signed_in'; session: StoredSession; user: StoredUser; isNewUser: boolean }
  | { status: 'phone_required'; ticket: string; expiresInMs: number }

type With = { readonly device: Device | undefined }

/**
 * Signs in with the code of `wx.login`: the code becomes a proof, the proof a user, the user a
 * session.
 */
export async function signInByWechat(
  parts: SignInParts,
  app: App,
  { code, idempotencyKey, device }: Omit<CodeClaim, 'app_id'> & With,
): Promise<SignInResult> {
  if (!isLoginCode(code)) throw new KaimenError('code_invalid')
  const claim = { app_id: app.app_id, code, idempotencyKey }
  let result: SignInResult | undefined
  const outcome = await exchangeOnce(parts, claim, async () => {
    const wechat = await proveByWechat(parts.wechat, app, code)
    result = await signIn(parts, app, { wechat, phone: null, by: 'wechat' }, { device })
    return rememberResult(parts, claim, result)
  })
  return result ?? recallResult(parts, claim, outcome)
}

/**
 * Signs in with the phone button, after `wx.login`: its ticket, or a code of it that is still good.
 * (R5)
 */
export async function signInByPhoneButton(
  parts: SignInParts,
  app: App,
  {
    from,
    phone_code,
    device,
  }: { from: { ticket: string } | { code: string }; phone_code: string } & With,
): Promise<SignInResult> {
  const ticket = 'ticket' in from ? from.ticket : undefined
  const wechat =
    'ticket' in from
      ? await readTicketOf(parts, app, from.ticket)
      : await proveByWechat(parts.wechat, app, from.code)
  const { app_id, openid } = wechat
  const phone = await provePhoneByButton(parts, { app_id, openid, phone_code })
  return signIn(parts, app, { wechat, phone, by: 'phone_button' }, { device, ticket })
}

/** Signs in with an SMS code; with a ticket, links the identity that waits behind it. (R6, R8) */
export async function signInByOtp(
  parts: SignInParts,
  app: App,
  {
    phone,
    otp,
    ticket,
    device,
  }: { phone: PhoneNumber; otp: string; ticket: string | undefined } & With,
): Promise<SignInResult> {
  const wechat = ticket === undefined ? null : await readTicketOf(parts, app, ticket)
  await provePhoneByOtp(parts, phone, otp)
  return signIn(parts, app, { wechat, phone, by: 'otp' }, { device, ticket })
}

/**
 * Signs in with a phone number and a password; with a ticket, links the identity that waits behind
 * it. (R7, R8) Without a ticket an unknown number is answered as a wrong password is. [AU-4]
 */
export async function signInByPassword(
  parts: SignInParts,
  app: App,
  {
    phone,
    password,
    ticket,
    device,
  }: { phone: PhoneNumber; password: Secret; ticket: string | undefined } & With,
): Promise<SignInResult> {
  const wechat = ticket === undefined ? null : await readTicketOf(parts, app, ticket)
  const indexes = phoneIndexes(parts.ring, phone)
  const proofKey = { app_id: app.app_id, wechat: null, phone: indexes }
  const { byPhone } = await parts.store.findUsers(proofKey)
  if (wechat && !byPhone) throw new KaimenError('phone_unverified')
  await proveByPassword(parts, indexes[0] ?? '', byPhone?.user.id, password)
  return signIn(parts, app, { wechat, phone, by: 'password' }, { device, ticket })
}

async function readTicketOf(parts: SignInParts, app: App, ticket: string) {
  const pending = await readTicket(parts, ticket)
  if (pending.app_id !== app.app_id) throw new KaimenError('ticket_invalid')
  return pending
}

/**
 * What a proof comes to. Sign-ins that race are settled by the store's indexes: the loser looks
 * again. A ticket is used up only when something is about to be written.
 */
async function signIn(
  parts: SignInParts,
  app: App,
  proof: Proof,
  { device, ticket }: With & { ticket?: string | undefined },
): Promise<SignInResult> {
  const phone = proof.phone && storedPhone(parts.ring, parts.random, proof.phone)
  const proofKey = { app_id: app.app_id, wechat: proof.wechat, phone: phone && phone.indexes }
  let isTicketSpent = ticket === undefined
  for (let look = 0; look < 5; look++) {
    const decision = resolve(await parts.store.findUsers(proofKey))
    if (decision.kind === 'conflict' && decision.over === 'phone') {
      throw new KaimenError('phone_taken')
    }
    const known = decision.kind === 'create' ? undefined : decision.user
    if (known && known.status !== 'active') throw new KaimenError('user_disabled')
    await askHost(parts, app, proof, known)
    if (!known && !proof.phone && app.registration === 'phone') return requirePhone(parts, proof)

    if (ticket !== undefined && !isTicketSpent) await spendTicket(parts, ticket)
    isTicketSpent = true
    const write = describeSignIn(parts, app, proof, phone, decision, device)
    const written = await parts.store.signIn(write)
    if (written.outcome === 'user_not_active') throw new KaimenError('user_disabled')
    if (written.outcome === 'taken') continue

    const { user_id, session_id } = written
    parts.emit({
      kind: 'signed_in',
      user_id: formatId('usr', user_id),
      session_id: formatId('ses', session_id),
      app_id: app.app_id,
      by: proof.by,
      decision: decision.kind,
    })
    return {
      status: 'signed_in',
      isNewUser: !known,
      user: signedInUser(known, user_id, write),
      session: newSession(session_id, user_id, write),
    }
  }
  throw new KaimenError('unavailable', { retryAfterSeconds: 1 })
}

async function askHost(
  { admit }: SignInParts,
  app: App,
  { wechat, by }: Proof,
  user: StoredUser | undefined,
) {
  const answer = await admit?.({
    proof: {
      kind: by,
      app_id: app.app_id,
      openid: wechat?.openid ?? null,
      unionid: wechat?.unionid ?? null,
    },
    user: user && hookUser(user),
  })
  if (answer) throw new KaimenError('sign_in_refused', { detail: answer.refuse })
}

async function requirePhone(parts: SignInParts, { wechat }: Proof): Promise<SignInResult> {
  if (!wechat) throw new KaimenError('phone_unverified')
  const ticket = await issueTicket(parts, wechat)
  return { status: 'phone_required', ticket, expiresInMs: ticketTtlMs }
}

/** A conflict over a phone never comes here. */
type Writable = Exclude<Decision, { over: 'phone' }>

function describeSignIn(
  { clock, ring, random }: SignInParts,
  { app_id, session: limits }: App,
  { wechat, by }: Proof,
  phone: StoredPhone | null,
  decision: Writable,
  device: Device | undefined,
): SignInWrite {
  const now_ms = clock.now()
  const isKnown = decision.kind === 'exists' || decision.kind === 'conflict'
  const claimsUnionid =
    decision.kind === 'create' || ('unionid' in decision && decision.unionid === 'claim')
  const claimsPhone = decision.kind === 'create' || decision.phone === 'claim'
  return {
    now_ms,
    app_id,
    user_id: decision.kind === 'create' ? null : decision.user.id,
    wechat: wechat && {
      app_id: wechat.app_id,
      openid: wechat.openid,
      open_platform: wechat.open_platform,
      unionid: wechat.unionid,
      identity: isKnown ? 'known' : 'new',
      claim_unionid: claimsUnionid && wechat.unionid !== null,
      session_key: sealSessionKey(ring, random, wechat, wechat.session_key.reveal()),
    },
    phone: claimsPhone ? phone : null,
    session: {
      device: device ? JSON.stringify(device) : null,
      idle_expires_at: now_ms + Math.min(limits.idleMs, limits.absoluteMs),
      expires_at: now_ms + limits.absoluteMs,
    },
    event: {
      kind: 'signed_in',
      detail: JSON.stringify({
        by,
        decision: decision.kind,
        ...(decision.kind === 'conflict' && { unionid_holder: decision.holder.id }),
      }),
    },
  }
}

function signedInUser(known: StoredUser | undefined, id: number, write: SignInWrite): StoredUser {
  const user: StoredUser = known ?? {
    id,
    status: 'active',
    nickname: null,
    avatar_url: null,
    phone: null,
    phone_index: null,
    created_at: write.now_ms,
  }
  return write.phone ? { ...user, phone: write.phone.sealed, phone_index: write.phone.index } : user
}

function newSession(id: number, user_id: number, write: SignInWrite): StoredSession {
  const { now_ms, app_id, session } = write
  return {
    id,
    user_id,
    app_id,
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
