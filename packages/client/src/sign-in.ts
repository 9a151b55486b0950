/**
 * The sign-in of one account: login, renewal, sign-out. Every change of its credentials is made
 * here.
 */
import type {
  Account,
  LoginResult,
  OtpResult,
  Pause,
  SessionUser,
  SignedInResult,
} from './registry.ts'
import { AuthError } from './auth-error.ts'
import { limit, post } from './call.ts'
import { merge } from './merge.ts'
import type { Platform } from './platform.ts'
import { leftOf } from './span.ts'
import { save } from './storage.ts'
import {
  isOtpSent,
  isPhoneRequired,
  isSignedIn,
  isTokens,
  type Device,
  type OtpBody,
  type SignedIn,
  type SignInOtpBody,
  type SignInPasswordBody,
  type SignInPhoneBody,
  type Tokens,
} from './wire.ts'

export interface Kaimen {
  readonly account: Account
  readonly platform: Platform
  readonly baseUrl: string
  readonly appId: string
  readonly device: Device | null | undefined
  readonly wxLoginTimeoutMs: number
  readonly authTimeoutMs: number
  readonly silentLoginAfterLogout: boolean
}

/** What a request is sent with. */
export interface Grant {
  readonly accessToken: string
  readonly generation: number
  readonly userId: string
}

type Way = 'wechat' | 'phone' | 'otp' | 'password'

/** What a person proves themselves with, beside WeChat's own word. */
type Proof =
  | Pick<SignInPhoneBody, 'phone_code' | 'restore'>
  | Pick<SignInOtpBody, 'phone' | 'otp' | 'restore'>
  | Pick<SignInPasswordBody, 'phone' | 'password' | 'restore'>

/** So many logins without an accepted request, and we wait: WeChat allows 4 a second, 2 a page view. */
const loginsBeforePause = 3
const loginPauseMs = 30_000
/** However long a server asks to wait. */
const longestPauseMs = 300_000
/** Tokens are renewed ahead when less than this part of their life is left. */
const renewAheadPart = 0.2

/** A token to send a request with: the one at hand, a renewed one, or that of a silent login. */
export async function authorize(kaimen: Kaimen): Promise<Grant> {
  const { account, platform } = kaimen
  const { credentials, generation } = account
  if (credentials) {
    const leftMs = leftOf(credentials, platform.now())
    if (leftMs === 0) await renew(kaimen, generation)
    else if (leftMs < credentials.lengthMs * renewAheadPart) renew(kaimen, generation).catch(ignore)
  } else await loginSilently(kaimen)
  return currentGrant(account)
}

function currentGrant({ credentials, user, generation }: Account): Grant {
  if (!credentials || !user) throw new AuthError('signed_out')
  return { accessToken: credentials.accessToken, generation, userId: user.id }
}

/** The server took the token of this generation: the logins so far were worth it. */
export function accept(account: Account): void {
  account.logins = 0
  account.loginPause = null
}

/**
 * Replaces the credentials of `generation`, by refresh or, if the server refuses that, by one
 * silent login. All who ask for the same generation share one flight; if the credentials are newer
 * already, there is nothing to do.
 */
export function renew(kaimen: Kaimen, generation: number): Promise<void> {
  const { account } = kaimen
  const { renewal } = account
  if (account.generation !== generation) return Promise.resolve()
  if (renewal && renewal.stamp === generation) return renewal.promise
  const flight = { stamp: generation, promise: fly() }
  account.renewal = flight
  return flight.promise

  async function fly(): Promise<void> {
    try {
      await refreshOrLogin(kaimen)
    } finally {
      // Before the promise settles: whoever it wakes must not find it here.
      if (account.renewal === flight) account.renewal = null
    }
  }
}

async function refreshOrLogin(kaimen: Kaimen): Promise<void> {
  const { account, platform } = kaimen
  const { credentials, generation } = account
  if (!credentials) return
  try {
    checkPause(platform, account.renewalPause)
    const reply = await tell(kaimen, '/v1/token', {
      grant_type: 'refresh_token',
      refresh_token: credentials.refreshToken,
    })
    if (!isTokens(reply)) throw new AuthError('reply_invalid')
    // Signed out, or signed in anew, meanwhile: these tokens are of a session that is over.
    if (account.generation === generation) keepTokens(kaimen, reply, credentials.byWechat)
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    if (error.retryAfterSeconds && error.code !== 'paused')
      account.renewalPause = pauseFor(platform, error.retryAfterSeconds * 1000, error)
    // No reply, or not Kaimen's no: the session may well be alive, so it stays.
    if (!endsSession(error)) throw error
    if (account.generation !== generation) return
    account.credentials = null
    account.generation++
    if (error.action !== 'relogin') {
      setUser(kaimen, null)
      throw error
    }
    save(platform, account)
    await loginSilently(kaimen)
  }
}

/** Kaimen itself said that this session is over. */
function endsSession({ action, code }: AuthError): boolean {
  return action === 'relogin' || code === 'user_disabled' || code === 'sign_in_refused'
}

async function loginSilently(kaimen: Kaimen): Promise<void> {
  const { account, platform } = kaimen
  // What the person gives decides who signs in; the outcome is for the one who gave it.
  while (account.login?.proof) await account.login.promise.catch(ignore)
  if (account.ticket && leftOf(account.ticket, platform.now()) > 0)
    throw new AuthError('phone_required')
  if (account.signedOut && !kaimen.silentLoginAfterLogout) throw new AuthError('signed_out')
  const { status } = await login(kaimen)
  if (status === 'phone_required') throw new AuthError('phone_required')
}

/** Runs `wx.login` and the exchange of its code. All who ask share one flight. */
export function login(kaimen: Kaimen, fresh = false, restore?: boolean): Promise<LoginResult> {
  return takeOff(kaimen, 'wechat', { restore }, fresh)
}

/**
 * Signs the user in anew by `wx.login`, where WeChat is known to be the same person; `false` where
 * it is not, and the session stays as it is.
 */
export async function reauthenticate(kaimen: Kaimen): Promise<boolean> {
  const { credentials, user } = kaimen.account
  if (!user || !credentials || !credentials.byWechat) return false
  const result = await takeOff(kaimen, 'wechat', {}, true, user.id)
  return result.status === 'signed_in' && result.user.id === user.id
}

/** Signs in by a proof, with the ticket if there is one. Who gives the same proof shares one flight. */
export function prove(kaimen: Kaimen, way: Way, proof: Proof): Promise<LoginResult> {
  return takeOff(kaimen, way, proof, true)
}

/** Who is signed in already. */
export function signedInTo({ credentials, user }: Account): SignedInResult | null {
  return credentials && user && { status: 'signed_in', user, isNewUser: false }
}

/**
 * Sign-ins run one at a time; who asks for the same as the newest shares it. `onlyId`: nobody but
 * this user is signed in.
 */
function takeOff(
  kaimen: Kaimen,
  way: Way,
  given: object,
  fresh: boolean,
  onlyId = '',
): Promise<LoginResult> {
  const { account, platform } = kaimen
  const { epoch, login: pending } = account
  const proof = JSON.stringify(given).slice(1, -1) + onlyId
  if (pending && pending.stamp === epoch && pending.proof === proof) return pending.promise
  const flight = { stamp: epoch, proof, promise: fly() }
  account.login = flight
  return flight.promise

  async function fly(): Promise<LoginResult> {
    try {
      // Even one from before a sign-out, whose result will be dropped: one wx.login at a time. And in any
      // case a turn later than `flight`.
      await (pending && pending.promise.catch(ignore))
      checkEpoch(account, epoch)
      const meanwhile = signedInTo(account)
      const replaced = meanwhile && onlyId && meanwhile.user.id !== onlyId
      if (meanwhile && (replaced || !fresh)) return meanwhile
      if (!platform.canSignIn())
        throw new AuthError('unavailable', { action: 'none', message: '请前往小程序登录' })
      // The phone button proves a number and no openid: without a ticket it takes a login code, too.
      const needsCode = way === 'wechat' || (way === 'phone' && !account.ticket)
      return await (needsCode ? exchangeCode : exchange)(kaimen, epoch, way, given, onlyId)
    } finally {
      if (account.login === flight) account.login = null
    }
  }
}

/** The person signed out meanwhile: what comes of it is for nobody. */
function checkEpoch(account: Account, epoch: number): void {
  if (account.epoch !== epoch) throw new AuthError('signed_out')
}

/** {@link exchange} of a code of `wx.login`, as often as WeChat and the server allow. */
async function exchangeCode(
  kaimen: Kaimen,
  epoch: number,
  way: Way,
  given: object,
  onlyId: string,
): Promise<LoginResult> {
  const { account, platform } = kaimen
  checkPause(platform, account.loginPause)
  account.logins++
  let failure: AuthError | undefined
  try {
    const code = await askCode(kaimen)
    checkEpoch(account, epoch)
    return await exchange(kaimen, epoch, way, merge(given, { code }), onlyId)
  } catch (error) {
    if (error instanceof AuthError) failure = error
    // WeChat or Kaimen will not have this person; the name on the screen must not say otherwise.
    const turnedAway = failure && failure.status === 403 && failure.action === 'none'
    if (turnedAway && !account.credentials && account.epoch === epoch) setUser(kaimen, null)
    throw error
  } finally {
    const askedMs = (failure?.retryAfterSeconds ?? 0) * 1000
    const lengthMs = account.logins < loginsBeforePause ? askedMs : Math.max(askedMs, loginPauseMs)
    if (lengthMs > 0) account.loginPause = pauseFor(platform, lengthMs, failure)
  }
}

/** Runs `wx.login`. */
export function askCode({ platform, wxLoginTimeoutMs: ms }: Kaimen): Promise<string> {
  return limit(platform, platform.login(ms), ms)
}

async function exchange(
  kaimen: Kaimen,
  epoch: number,
  way: Way,
  given: object,
  onlyId: string,
): Promise<LoginResult> {
  const { account, platform, appId } = kaimen
  const byWechat = 'code' in given || !!account.ticket
  const device = kaimen.device === undefined ? platform.device() : kaimen.device
  // A code is sent once, with a key of its own: should the network send it twice, the server answers the
  // second with the same session. Another try takes another code.
  const reply = await tell(
    kaimen,
    `/v1/sign-in/${way}`,
    // JSON leaves out what is undefined.
    merge(given, { app_id: appId || undefined, device: device || undefined }),
    way !== 'wechat',
    { 'Idempotency-Key': makeKey(platform) },
  )
  if (isPhoneRequired(reply)) {
    checkEpoch(account, epoch)
    const { ticket, expires_in } = reply
    account.ticket = { value: ticket, sinceMs: platform.now(), lengthMs: expires_in * 1000 }
    if (!account.credentials) setUser(kaimen, null)
    return { status: 'phone_required', expiresInSeconds: expires_in }
  }
  if (!isSignedIn(reply)) throw new AuthError('reply_invalid')
  const { user } = reply
  const wanted = !onlyId || user.id === onlyId
  // Signed out meanwhile, or somebody else: nobody will use this session.
  if (account.epoch !== epoch || !wanted) revoke(kaimen, reply.refresh_token).catch(ignore)
  checkEpoch(account, epoch)
  return wanted
    ? keepSession(kaimen, reply, byWechat)
    : { status: 'signed_in', user: pickUser(user), isNewUser: reply.is_new_user }
}

/** Has the server send a code to the phone by SMS. */
export async function sendOtp(kaimen: Kaimen, body: Omit<OtpBody, 'ticket'>): Promise<OtpResult> {
  const reply = await tell(kaimen, '/v1/otp', body, true)
  if (!isOtpSent(reply)) throw new AuthError('reply_invalid')
  return { expiresInSeconds: reply.expires_in, retryAfterSeconds: reply.retry_after }
}

/** Signs the account in with what any way of signing in answered. */
function keepSession(kaimen: Kaimen, reply: SignedIn, byWechat: boolean): LoginResult {
  const { account } = kaimen
  const previous = account.credentials
  const user = pickUser(reply.user)
  account.ticket = null
  account.signedOut = false
  setUser(kaimen, user, () => keepTokens(kaimen, reply, byWechat))
  if (previous) revoke(kaimen, previous.refreshToken).catch(ignore)
  return { status: 'signed_in', user, isNewUser: reply.is_new_user }
}

function keepTokens({ account, platform }: Kaimen, tokens: Tokens, byWechat: unknown): void {
  account.credentials = {
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token,
    sinceMs: platform.now(),
    lengthMs: tokens.expires_in * 1000,
    byWechat,
  }
  account.generation++
  account.renewalPause = null
  save(platform, account)
}

/** Takes effect at once; settles when the server was told, or could not be. */
export async function logout(kaimen: Kaimen, tellServer: boolean): Promise<void> {
  const { account } = kaimen
  const { credentials } = account
  account.epoch++
  account.generation++
  account.credentials = null
  account.ticket = null
  account.signedOut = true
  setUser(kaimen, null)
  if (credentials && tellServer) await revoke(kaimen, credentials.refreshToken).catch(ignore)
}

function revoke(kaimen: Kaimen, token: string): Promise<unknown> {
  return tell(kaimen, '/v1/revoke', { token })
}

/**
 * Posts to Kaimen, `withTicket` if there is one; a ticket that is refused is dropped, so that the
 * next login gets another.
 */
function tell(
  { account, platform, baseUrl, authTimeoutMs }: Kaimen,
  path: string,
  body: object,
  withTicket = false,
  header?: Record<string, string>,
): Promise<unknown> {
  const { ticket } = account
  const data = withTicket && ticket ? merge(body, { ticket: ticket.value }) : body
  return post(platform, baseUrl + path, data, authTimeoutMs, header).catch((error: unknown) => {
    const refused = error instanceof AuthError && error.code === 'ticket_invalid'
    if (refused && account.ticket === ticket) account.ticket = null
    throw error
  })
}

/** What the server says of the user now; of nobody but who is signed in. */
export function updateUser(kaimen: Kaimen, user: SessionUser): void {
  const known = kaimen.account.user
  if (known && known.id === user.id) setUser(kaimen, pickUser(user))
}

/** Listeners hear of it after everything is in place. */
function setUser(
  { account, platform }: Kaimen,
  user: SessionUser | null,
  keep = () => save(platform, account),
): void {
  const changed = JSON.stringify(account.user) !== JSON.stringify(user)
  account.user = user
  keep()
  if (!changed) return
  for (const listener of Array.from(account.listeners)) {
    try {
      listener(user)
    } catch (error) {
      // A listener's own mistake: shown as an uncaught error, and no other listener suffers.
      platform.after(0, () => {
        throw error
      })
    }
  }
}

function pickUser({ id, nickname, avatar_url, created_at }: SessionUser): SessionUser {
  return { id, nickname, avatar_url, created_at }
}

function checkPause(platform: Platform, pause: Pause | null): void {
  const leftMs = pause ? leftOf(pause, platform.now()) : 0
  if (leftMs === 0) return
  throw new AuthError('paused', {
    retryAfterSeconds: Math.ceil(leftMs / 1000),
    cause: pause?.cause,
  })
}

function pauseFor(platform: Platform, ms: number, cause: AuthError | undefined): Pause {
  return { sinceMs: platform.now(), lengthMs: Math.min(ms, longestPauseMs), cause }
}

/** 32 random letters and digits. Not a secret: it only tells one attempt from another. */
function makeKey(platform: Platform): string {
  let key = ''
  while (key.length < 32) key += Math.floor(platform.random() * 36).toString(36)
  return key
}

function ignore(): void {}
