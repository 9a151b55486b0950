/**
 * The sign-in of one account: login, renewal, sign-out. Every change of its credentials is made
 * here.
 */
import type { Account, LoginResult, Pause, SessionUser } from './account.ts'
import { AuthError } from './auth-error.ts'
import { limit, post } from './call.ts'
import type { Platform } from './platform.ts'
import { leftOf } from './span.ts'
import { save } from './storage.ts'
import {
  isPhoneRequired,
  isSignedIn,
  isTokens,
  type Device,
  type SignedIn,
  type Tokens,
  type User,
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
  } else {
    if (account.ticket && leftOf(account.ticket, platform.now()) > 0)
      throw new AuthError('phone_required')
    if (account.signedOut && !kaimen.silentLoginAfterLogout) throw new AuthError('signed_out')
    await loginFully(kaimen)
  }
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
  if (account.generation !== generation) return Promise.resolve()
  if (account.renewal?.stamp === generation) return account.renewal.promise
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
    const reply = await post(
      platform,
      `${kaimen.baseUrl}/v1/token`,
      { grant_type: 'refresh_token', refresh_token: credentials.refreshToken },
      kaimen.authTimeoutMs,
    )
    if (!isTokens(reply)) throw new AuthError('reply_invalid')
    // Signed out, or signed in anew, meanwhile: these tokens are of a session that is over.
    if (account.generation === generation) keepTokens(kaimen, reply)
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
      forgetUser(kaimen)
      throw error
    }
    save(platform, account)
    await loginFully(kaimen)
  }
}

/** Kaimen itself said that this session is over. */
function endsSession({ action, code }: AuthError): boolean {
  return action === 'relogin' || code === 'user_disabled' || code === 'sign_in_refused'
}

async function loginFully(kaimen: Kaimen): Promise<void> {
  const { status } = await login(kaimen)
  if (status === 'phone_required') throw new AuthError('phone_required')
}

/** Runs `wx.login` and the exchange of its code. All who ask share one flight. */
export function login(kaimen: Kaimen): Promise<LoginResult> {
  const { account } = kaimen
  const { epoch, login: pending } = account
  if (pending?.stamp === epoch) return pending.promise
  const flight = { stamp: epoch, promise: fly() }
  account.login = flight
  return flight.promise

  async function fly(): Promise<LoginResult> {
    try {
      // One from before a sign-out, whose result will be dropped: still one wx.login at a time.
      if (pending) await pending.promise.then(ignore, ignore)
      return await loginOnce(kaimen, epoch)
    } finally {
      if (account.login === flight) account.login = null
    }
  }
}

async function loginOnce(kaimen: Kaimen, epoch: number): Promise<LoginResult> {
  const { account, platform } = kaimen
  if (account.epoch !== epoch) throw new AuthError('signed_out')
  if (!platform.canSignIn())
    throw new AuthError('unavailable', { action: 'none', message: '请前往小程序登录' })
  checkPause(platform, account.loginPause)
  account.logins++
  let failure: AuthError | undefined
  try {
    return await exchange(kaimen, epoch)
  } catch (error) {
    if (error instanceof AuthError) failure = error
    // WeChat or Kaimen will not have this person; the name on the screen must not say otherwise.
    const turnedAway = failure?.status === 403 && failure.action === 'none'
    if (turnedAway && !account.credentials && account.epoch === epoch) forgetUser(kaimen)
    throw error
  } finally {
    const askedMs = (failure?.retryAfterSeconds ?? 0) * 1000
    const lengthMs = account.logins < loginsBeforePause ? askedMs : Math.max(askedMs, loginPauseMs)
    if (lengthMs > 0) account.loginPause = pauseFor(platform, lengthMs, failure)
  }
}

async function exchange(kaimen: Kaimen, epoch: number): Promise<LoginResult> {
  const { account, platform, appId } = kaimen
  const { wxLoginTimeoutMs } = kaimen
  const code = await limit(platform, platform.login(wxLoginTimeoutMs), wxLoginTimeoutMs)
  if (account.epoch !== epoch) throw new AuthError('signed_out')
  const device = kaimen.device === undefined ? platform.device() : kaimen.device
  // A code is sent once, with a key of its own: should the network send it twice, the server answers the
  // second with the same session. Another try takes another code.
  const reply = await post(
    platform,
    `${kaimen.baseUrl}/v1/sign-in/wechat`,
    { code, ...(appId && { app_id: appId }), ...(device && { device }) },
    kaimen.authTimeoutMs,
    { 'Idempotency-Key': makeKey(platform) },
  )
  if (isPhoneRequired(reply)) {
    if (account.epoch !== epoch) throw new AuthError('signed_out')
    const { ticket, expires_in } = reply
    account.ticket = { value: ticket, sinceMs: platform.now(), lengthMs: expires_in * 1000 }
    if (!account.credentials) forgetUser(kaimen)
    return { status: 'phone_required', expiresInSeconds: expires_in }
  }
  if (!isSignedIn(reply)) throw new AuthError('reply_invalid')
  if (account.epoch !== epoch) {
    // Signed out meanwhile: nobody will use this session.
    revoke(kaimen, reply.refresh_token).catch(ignore)
    throw new AuthError('signed_out')
  }
  return keepSession(kaimen, reply)
}

/** Signs the account in with what any way of signing in answered. */
function keepSession(kaimen: Kaimen, reply: SignedIn): LoginResult {
  const { account } = kaimen
  const previous = account.credentials
  const user = pickUser(reply.user)
  account.ticket = null
  account.signedOut = false
  setUser(kaimen, user, () => keepTokens(kaimen, reply))
  if (previous) revoke(kaimen, previous.refreshToken).catch(ignore)
  return { status: 'signed_in', user, isNewUser: reply.is_new_user }
}

function keepTokens({ account, platform }: Kaimen, tokens: Tokens): void {
  account.credentials = {
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token,
    sinceMs: platform.now(),
    lengthMs: tokens.expires_in * 1000,
  }
  account.generation++
  account.renewalPause = null
  save(platform, account)
}

/** Takes effect at once; settles when the server was told, or could not be. */
export async function logout(kaimen: Kaimen): Promise<void> {
  const { account } = kaimen
  const { credentials } = account
  account.epoch++
  account.generation++
  account.credentials = null
  account.ticket = null
  account.signedOut = true
  forgetUser(kaimen)
  if (credentials) await revoke(kaimen, credentials.refreshToken).catch(ignore)
}

function revoke(kaimen: Kaimen, token: string): Promise<unknown> {
  return post(kaimen.platform, `${kaimen.baseUrl}/v1/revoke`, { token }, kaimen.authTimeoutMs)
}

function forgetUser(kaimen: Kaimen): void {
  setUser(kaimen, null, () => save(kaimen.platform, kaimen.account))
}

/** Listeners hear of it after everything is in place. */
function setUser({ account, platform }: Kaimen, user: SessionUser | null, keep: () => void): void {
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

function pickUser({ id, nickname, avatar_url, created_at }: User): SessionUser {
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
