import type { Device } from '@kaimen/protocol'
import type { AccessTokens as WechatTokens, Secret, Wechat } from '@kaimen/wechat'
import type { App, Apps, CloudSettings, WebSettings } from './app.ts'
import { exchangeOnce, type CodeClaim } from './challenge/code-claim.ts'
import { issueTicket, readTicket, spendTicket, ticketTtlMs } from './challenge/ticket.ts'
import { KaimenError } from './errors.ts'
import { stampEvent } from './events.ts'
import { proveByCloud } from './flow/cloud.ts'
import { provePhoneByOtp } from './flow/otp.ts'
import { proveByPassword, type PasswordParts } from './flow/password.ts'
import { provePhoneByButton } from './flow/phone-button.ts'
import { provePhoneByData, type PhoneData } from './flow/phone-data.ts'
import { isLoginCode, proveByWechat } from './flow/wechat.ts'
import type { Admit, Emit } from './hooks.ts'
import { askHost } from './host.ts'
import { formatId } from './id.ts'
import type { KeyRing } from './key-ring.ts'
import { choosePassword } from './password/choose.ts'
import type { PhoneNumber } from './phone-number.ts'
import { keepNewestSessions } from './session/end-session.ts'
import { addedClaims, type ClaimsParts } from './session/tokens.ts'
import { audited } from './sign-in/audit.ts'
import { describeSignIn, readWritten, type Registration } from './sign-in/describe.ts'
import { recallResult, rememberResult } from './sign-in/repeat.ts'
import type { SignInResult } from './sign-in/result.ts'
import type { BlobStore } from './store/blob-store.ts'
import type { FoundUsers, StoredUser } from './store/store.ts'
import { hookUser } from './hook-user.ts'
import { phoneIndexes, storedPhone } from './user/phone.ts'
import type { Proof } from './user/proof.ts'
import { resolve, type Decision } from './user/resolve.ts'

export type SignInParts = PasswordParts &
  ClaimsParts & {
    readonly wechat: Wechat
    readonly wechatTokens: WechatTokens
    readonly ring: KeyRing
    readonly emit: Emit
    readonly admit: Admit | undefined
    /** `undefined`: the headers of WeChat cloud hosting count for nothing. */
    readonly cloud: CloudSettings | undefined
    readonly web: WebSettings
    readonly blobs: BlobStore
    readonly report: (message: string, error: unknown) => void
  }

export type With = {
  readonly device: Device | undefined
  /** Takes a user back who deleted themselves. */
  readonly restore: boolean | undefined
}

/**
 * Signs in with the code of `wx.login`: the code becomes a proof, the proof a user, the user a
 * session.
 */
export async function signInByWechat(
  parts: SignInParts,
  app: App,
  { code, idempotencyKey, ...how }: Omit<CodeClaim, 'app_id'> & With,
): Promise<SignInResult> {
  if (!isLoginCode(code)) throw new KaimenError('code_invalid')
  const claim = { app_id: app.app_id, code, idempotencyKey }
  let result: SignInResult | undefined
  const outcome = await exchangeOnce(parts, claim, () =>
    audited(parts, app, 'wechat', async () => {
      const wechat = await proveByWechat(parts.wechat, app, code)
      result = await signIn(parts, app, { wechat, phone: null, by: 'wechat' }, how)
      return rememberResult(parts, claim, result)
    }),
  )
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
    given,
    ...how
  }: {
    from: { ticket: string } | { code: string }
    given: { phone_code: string } | PhoneData
  } & With,
): Promise<SignInResult> {
  const ticket = 'ticket' in from ? from.ticket : undefined
  return audited(parts, app, 'phone_button', async () => {
    const wechat =
      'ticket' in from
        ? await readTicketOf(parts, app, from.ticket)
        : await proveByWechat(parts.wechat, app, from.code)
    const { app_id, openid } = wechat
    const phone =
      'phone_code' in given
        ? await provePhoneByButton(parts, { app_id, openid, phone_code: given.phone_code })
        : await provePhoneByData(parts, app, wechat.session_key, given)
    const attempt = { ...how, spend: spendOnce(parts, ticket) }
    return signIn(parts, app, { wechat, phone, by: 'phone_button' }, attempt)
  })
}

/** Signs in with an SMS code; with a ticket, links the identity that waits behind it. (R6, R8) */
export async function signInByOtp(
  parts: SignInParts,
  app: App,
  {
    phone,
    otp,
    ticket,
    ...how
  }: { phone: PhoneNumber; otp: string; ticket: string | undefined } & With,
): Promise<SignInResult> {
  return audited(parts, app, 'otp', async () => {
    const wechat = ticket === undefined ? null : await readTicketOf(parts, app, ticket)
    await provePhoneByOtp(parts, phone, otp)
    const attempt = { ...how, spend: spendOnce(parts, ticket) }
    return signIn(parts, app, { wechat, phone, by: 'otp' }, attempt)
  })
}

/**
 * Signs in with a phone number and a password; with a ticket, links the identity that waits behind
 * it. (R7, R8) Without a ticket an unknown number is answered as a wrong password is. [AU-4]
 *
 * A number that was never proven links nothing: its password lets in to what was made with it.
 */
export async function signInByPassword(
  parts: SignInParts,
  app: App,
  {
    phone,
    password,
    ticket,
    ...how
  }: { phone: PhoneNumber; password: Secret; ticket: string | undefined } & With,
): Promise<SignInResult> {
  return audited(parts, app, 'password', async () => {
    const by = 'password'
    const wechat = ticket === undefined ? null : await readTicketOf(parts, app, ticket)
    const indexes = phoneIndexes(parts.ring, phone)
    const asked = { app_id: app.app_id, wechat: null, phone: indexes, unverified_phone: indexes }
    const attempt = { ...how, spend: spendOnce(parts, ticket) }
    let hash: string | undefined
    for (let look = 0; look < looks; look++) {
      const { byPhone, byUnverifiedPhone } = await parts.store.findUsers(asked)
      if (!byPhone && !byUnverifiedPhone && parts.passwords.registration === 'unverified') {
        hash ??= await choosePassword(parts, { phone: phone.e164 }, password)
        const registration = { phone, password: hash }
        const proof = { wechat, phone: null, by } as const
        const result = await lookAndSignIn(parts, app, proof, { ...attempt, registration })
        // Somebody has the number by now, and perhaps this password.
        if (result === 'taken') continue
        return result
      }
      if (wechat && !byPhone) throw new KaimenError('phone_unverified')
      const account = byPhone?.user ?? byUnverifiedPhone
      await proveByPassword(parts, indexes[0] ?? '', account?.id, password)
      const proof: Proof = byPhone
        ? { wechat, phone, by }
        : { wechat, phone: null, by, unverifiedPhone: phone }
      return signIn(parts, app, proof, attempt)
    }
    throw new KaimenError('unavailable', { retryAfterSeconds: 1 })
  })
}

/** Signs in by the headers that WeChat cloud hosting sets. The app is the one that they name. */
export async function signInByCloud(
  parts: SignInParts,
  apps: Apps,
  { headers, ...how }: { headers: Headers } & With,
): Promise<SignInResult> {
  const { cloud } = parts
  if (!cloud) throw new KaimenError('not_found')
  const { app, wechat } = await audited(parts, undefined, 'cloud', async () =>
    proveByCloud(cloud, apps, headers),
  )
  return audited(parts, app, 'cloud', () =>
    signIn(parts, app, { wechat, phone: null, by: 'cloud' }, how),
  )
}

async function readTicketOf(parts: SignInParts, app: App, ticket: string) {
  const pending = await readTicket(parts, ticket)
  if (pending.app_id !== app.app_id) throw new KaimenError('ticket_invalid')
  return pending
}

/** How often whoever loses a race looks again. */
const looks = 5

type Spend = () => Promise<void>

/** Uses a ticket up, where there is one; a second look does not need it again. */
function spendOnce(parts: SignInParts, ticket: string | undefined): Spend {
  let isSpent = ticket === undefined
  return async () => {
    if (ticket !== undefined && !isSpent) await spendTicket(parts, ticket)
    isSpent = true
  }
}

/**
 * What a proof comes to. Sign-ins that race are settled by the store's indexes: the loser looks
 * again.
 */
export async function signIn(
  parts: SignInParts,
  app: App,
  proof: Proof,
  how: With & { spend?: Spend },
): Promise<SignInResult> {
  for (let look = 0; look < looks; look++) {
    const result = await lookAndSignIn(parts, app, proof, how)
    if (result !== 'taken') return result
  }
  throw new KaimenError('unavailable', { retryAfterSeconds: 1 })
}

/** The host has its say before anything is written, and a ticket is used up only then. */
async function lookAndSignIn(
  parts: SignInParts,
  app: App,
  proof: Proof,
  { spend, registration, device, restore }: With & { spend?: Spend; registration?: Registration },
): Promise<SignInResult | 'taken'> {
  const { ring, random, store } = parts
  const phone = proof.phone && storedPhone(ring, random, proof.phone)
  const decision = resolve(
    proof.approver === undefined
      ? await store.findUsers({
          app_id: app.app_id,
          wechat: proof.wechat,
          phone: phone && phone.indexes,
          ...(proof.unverifiedPhone && {
            unverified_phone: phoneIndexes(ring, proof.unverifiedPhone),
          }),
        })
      : await findApprover(parts, proof.approver),
  )
  if (decision.kind === 'conflict' && decision.over === 'phone') {
    throw new KaimenError('phone_taken')
  }
  const known = decision.kind === 'create' ? undefined : decision.user
  if (known) letIn(known, restore)
  await askAdmission(parts, app, proof, known)
  const lacksPhone = !proof.phone && !registration && app.registration === 'phone'
  if (!known && lacksPhone) return requirePhone(parts, proof)

  const how = { device, registration, isNewConflict: await isNewConflict(parts, decision) }
  const { write, events } = describeSignIn(parts, app, proof, phone, decision, how)
  const { user, session } = readWritten(known, write)
  const claims = await addedClaims(parts, session, () => hookUser(user))
  await spend?.()
  const stamped = events.map((event) => stampEvent(parts, event))
  const outcome = await store.signIn({ ...write, events: stamped })
  if (outcome === 'user_not_active') throw notLetIn(known)
  if (outcome === 'taken') return 'taken'

  for (const event of events) parts.emit(event)
  if (known) await endSurplus(parts, app, known)
  return { status: 'signed_in', isNewUser: !known, user, session, claims }
}

/** Whoever signed in is signed in, whatever becomes of the sessions that they had. */
async function endSurplus(parts: SignInParts, { app_id, session }: App, { id }: StoredUser) {
  if (session.maxSessions === null) return
  const of = { user_id: id, app_id, max: session.maxSessions }
  await keepNewestSessions(parts, of).catch((cause: unknown) =>
    parts.report('The sessions that are too many were not ended', cause),
  )
}

/** @throws {@link KaimenError} `session_ended` where nobody has this id any more. */
async function findApprover({ store }: SignInParts, id: number): Promise<FoundUsers> {
  const byApproval = await store.findUser(id)
  if (!byApproval) throw new KaimenError('session_ended')
  return { byApproval, proves: { openid: false, unionid: false, phone: false } }
}

/** A pair is queued once, and told of once, however often they sign in. (R9) */
async function isNewConflict({ store }: SignInParts, decision: Decision): Promise<boolean> {
  if (decision.kind !== 'conflict' || decision.over !== 'unionid') return false
  const { user, holder } = decision
  return !(await store.hasConflict({ user_id: user.id, holder_id: holder.id }))
}

/** By every pathway alike. (R1) [WX-11] */
function letIn({ id, status }: StoredUser, restore: boolean | undefined) {
  if (status === 'active' || (status === 'deleted' && restore)) return
  throw notLetIn({ id, status })
}

function notLetIn(user: Pick<StoredUser, 'id' | 'status'> | undefined): KaimenError {
  const code = user?.status === 'deleted' ? 'user_deleted' : 'user_disabled'
  return new KaimenError(code, user && { user_id: formatId('usr', user.id) })
}

async function askAdmission(
  { admit, clock }: SignInParts,
  { app_id }: App,
  { wechat, by }: Proof,
  user: StoredUser | undefined,
) {
  if (!admit) return
  const { openid = null, unionid = null } = wechat ?? {}
  const proof = { kind: by, app_id, openid, unionid }
  const attempt = { proof, user: user && hookUser(user) }
  const answer = await askHost(clock, 'admit', () => admit(attempt))
  if (!answer) return
  throw new KaimenError('sign_in_refused', {
    detail: answer.refuse,
    ...(user && { user_id: formatId('usr', user.id) }),
  })
}

async function requirePhone(parts: SignInParts, { wechat, by }: Proof): Promise<SignInResult> {
  // A page of WeChat's has no phone button, and a browser no place for a ticket.
  if (by === 'web') throw new KaimenError('account_required')
  if (!wechat) throw new KaimenError('phone_unverified')
  const ticket = await issueTicket(parts, wechat)
  return { status: 'phone_required', ticket, expiresInMs: ticketTtlMs }
}
