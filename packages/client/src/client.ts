import { findAccount, type LoginResult, type OtpResult, type SessionUser } from './registry.ts'
import { AuthError } from './auth-error.ts'
import { send } from './call.ts'
import { merge } from './merge.ts'
import type { Platform, PlatformRequest, Reply, TransportOptions } from './platform.ts'
import {
  accept,
  askCode,
  authorize,
  login,
  logout,
  prove,
  reauthenticate,
  renew,
  sendOtp,
  signedInTo,
  updateUser,
  type Grant,
  type Kaimen,
} from './sign-in.ts'
import { load } from './storage.ts'
import { originOf, resolveUrl } from './url.ts'
import { readPhoneCode, wechat, type PhoneEvent } from './wechat.ts'
import { isProblem, type Device, type LinkIdentityBody } from './wire.ts'

export interface ClientOptions {
  /** Where Kaimen is, as in `https://auth.example.com`; a path below it is fine. */
  baseUrl: string
  /**
   * Origins of your own back ends, as in `https://api.example.com`. The access token goes to these
   * and to that of `baseUrl`, and nowhere else. Default: none.
   */
  apiOrigins?: readonly string[]
  /** Default: the running mini program's. */
  appId?: string
  /**
   * Keeps sessions of different versions apart. Default: `develop`, `trial` or `release`, as it
   * runs.
   */
  env?: string
  /** Keeps sessions of different persons on one device apart. Default: `''`. */
  account?: string
  /** What the list of devices shows; `null` sends nothing. Default: model and system of the phone. */
  device?: Device | null
  /** Whether requests sign in again by themselves after `logout()`. Default: false. */
  silentLoginAfterLogout?: boolean
  /** Milliseconds that `wx.login` may take. Default: 10 000. */
  wxLoginTimeoutMs?: number
  /** Milliseconds that each of this client's own calls to Kaimen may take. Default: 10 000. */
  authTimeoutMs?: number
  /** Milliseconds that a request without `timeout` may take. Default: 60 000. */
  requestTimeoutMs?: number
  /** Default: `wechat()`, looked for when first needed. */
  platform?: Platform
}

/** As those of `wx.request`, and how the session takes part. */
export interface RequestOptions extends TransportOptions {
  /** A whole URL, or a path below `baseUrl`. */
  url: string
  header?: Record<string, string>
  /** Milliseconds. Default: `requestTimeoutMs`. */
  timeout?: number
  /**
   * `true`: needs the session, and fails where the token may not go. `false`: without the session.
   * Default: with it wherever the token may go, unless `header` has its own Authorization.
   */
  auth?: boolean
  /** Whether a request that a 401 stopped is sent once more with a new token. Default: true. */
  replay?: boolean
}

/** As `wx.request` gives it to `success`, of any status. */
export interface RequestResult<T> {
  statusCode: number
  data: T
  header: Record<string, unknown>
  cookies?: string[]
  errMsg?: string
}

/** Of every way to sign in. */
export interface SignInOptions {
  /**
   * Takes an account back that its owner deleted, while it can be: for after `user_deleted`, and
   * only if the person says so. Default: false.
   */
  restore?: boolean
}

export interface OtpOptions {
  /** What the app's CAPTCHA gave, where the server asks for one; good for one code. */
  captcha?: string | undefined
}

export interface LoginOptions extends SignInOptions {
  /** Runs `wx.login` even when signed in. Default: as `restore`. */
  fresh?: boolean
}

export interface LogoutOptions {
  /** Whether to end the session on the server, too. Default: true. */
  tellServer?: boolean
}

export interface Client {
  /** Who is signed in. Reads storage when first asked. Without the phone, which `GET /v1/me` has. */
  readonly user: SessionUser | null
  /**
   * `wx.request`, signed in: logs in silently when needed, renews, and sends again once after a
   * 401.
   *
   * @throws {AuthError} There was no reply, or no session to send it with.
   */
  request<T = unknown>(options: RequestOptions): Promise<RequestResult<T>>
  /**
   * Makes sure that somebody is signed in; without any call when so already.
   *
   * @throws {AuthError} `user_deleted`: the account can be taken back, with `restore`.
   */
  login(options?: LoginOptions): Promise<LoginResult>
  /**
   * Signs in with the event of a button `getPhoneNumber` or `getRealtimePhoneNumber`, and the
   * ticket that a login with `phone_required` left. Call `login()` before the button is shown:
   * without a ticket this runs `wx.login`.
   *
   * @throws {AuthError} `user_refused` and `privacy_refused`: of the person. `wx_phone_failed` and
   *   `phone_quota`: of WeChat. `ticket_invalid`: call `login()`, and show the button again.
   */
  signInWithPhone(event: PhoneEvent, options?: SignInOptions): Promise<LoginResult>
  /**
   * Has a code sent to this phone by SMS.
   *
   * @throws {AuthError} `rate_limited`: `retryAfterSeconds` says how long. `captcha_required`.
   */
  sendOtp(phone: string, options?: OtpOptions): Promise<OtpResult>
  /**
   * Signs in with the code of the SMS; and with the ticket, if a login left one.
   *
   * @throws {AuthError}
   */
  signInWithOtp(proof: { phone: string; otp: string } & SignInOptions): Promise<LoginResult>
  /**
   * Signs in with a password; and with the ticket, if a login left one.
   *
   * @throws {AuthError}
   */
  signInWithPassword(
    proof: { phone: string; password: string } & SignInOptions,
  ): Promise<LoginResult>
  /**
   * Signs the same user in anew by `wx.login`, without a word to the person: what `reauth_required`
   * and `session_key_stale` ask for. `false`, with the session as it was, where WeChat had no part
   * in the sign-in, or is somebody else by now: the person has to sign in.
   *
   * @throws {AuthError}
   */
  reauthenticate(): Promise<boolean>
  /**
   * A new code of `wx.login`, with the AppID if there is one, for a call of your own. Signs nobody
   * in; WeChat may replace the `session_key`.
   *
   * @throws {AuthError}
   */
  askCode(): Promise<LinkIdentityBody>
  /** Takes over what the server says of the user who is signed in. */
  updateUser(user: SessionUser): void
  /**
   * Signs out at once, and tells the server as well as it can: never rejects for want of a network.
   * Requests that wait for a login end with `signed_out`.
   */
  logout(options?: LogoutOptions): Promise<void>
  /** Calls back whenever `user` changes; returns what ends that. */
  onChange(listener: (user: SessionUser | null) => void): () => void
}

/**
 * A client of one Kaimen server. Touches neither `wx` nor storage before it is used. Clients with
 * the same `baseUrl`, `appId`, `env` and `account` share one session.
 *
 * @throws {AuthError} `options_invalid`: `baseUrl` or one of `apiOrigins` is not an http(s) URL.
 */
export function createClient(options: ClientOptions): Client {
  const { apiOrigins = [], requestTimeoutMs = 60_000 } = options
  const trusted = [options.baseUrl, ...apiOrigins].map((url) => {
    const origin = originOf(url)
    if (!origin)
      throw new AuthError('options_invalid', { message: `不是完整的 http(s) 地址：${url}` })
    return origin
  })
  const baseUrl = options.baseUrl.replace(/\/+$/, '')
  let opened: Kaimen | undefined

  /** First use, not import: an independent subpackage may load this before there is an App. */
  function open(): Kaimen {
    opened ??= assemble(options, baseUrl)
    load(opened.platform, opened.account)
    return opened
  }

  /** What goes wrong at once, as without `wx`, is a rejection too. */
  async function run<T>(work: (kaimen: Kaimen) => T | Promise<T>): Promise<T> {
    return await work(open())
  }

  // What the body holds is between the caller and its server.
  function request<T>(given: RequestOptions): Promise<RequestResult<T>>
  async function request(given: RequestOptions): Promise<Reply> {
    const { auth, replay = true, header = {}, timeout = requestTimeoutMs } = given
    const kaimen = open()
    const outgoing: PlatformRequest = merge(given, {
      url: resolveUrl(baseUrl, given.url),
      header,
      timeout,
    })
    const origin = originOf(outgoing.url)
    const mayCarry = !!origin && trusted.includes(origin)
    if (auth && !mayCarry)
      throw new AuthError('options_invalid', { message: '令牌只能发往 baseUrl 和 apiOrigins' })
    const carries = auth ?? (mayCarry && !Object.keys(header).some(isAuthorization))
    return carries
      ? await sendSignedIn(kaimen, outgoing, replay)
      : await send(kaimen.platform, outgoing)
  }

  return {
    get user() {
      return open().account.user
    },
    request,
    // An account that was deleted elsewhere may have left its session here.
    login: ({ restore, fresh = restore } = {}) =>
      run((kaimen) => (!fresh && signedInTo(kaimen.account)) || login(kaimen, fresh, restore)),
    signInWithPhone: (event, { restore } = {}) =>
      run((kaimen) => prove(kaimen, 'phone', { phone_code: readPhoneCode(event), restore })),
    sendOtp: (phone, { captcha } = {}) =>
      run((kaimen) => sendOtp(kaimen, { phone, captcha, app_id: kaimen.appId || undefined })),
    signInWithOtp: ({ phone, otp, restore }) =>
      run((kaimen) => prove(kaimen, 'otp', { phone, otp, restore })),
    signInWithPassword: ({ phone, password, restore }) =>
      run((kaimen) => prove(kaimen, 'password', { phone, password, restore })),
    reauthenticate: () => run(reauthenticate),
    askCode: () =>
      run(async (kaimen) => ({
        app_id: kaimen.appId || undefined,
        code: await askCode(kaimen),
      })),
    updateUser: (user) => updateUser(open(), user),
    logout: ({ tellServer = true } = {}) => run((kaimen) => logout(kaimen, tellServer)),
    onChange(listener) {
      const { listeners } = open().account
      // A wrapper of its own, so that one function given twice is two listeners.
      const entry = (user: SessionUser | null) => listener(user)
      listeners.add(entry)
      return () => {
        listeners.delete(entry)
      }
    },
  }
}

function assemble(options: ClientOptions, baseUrl: string): Kaimen {
  const {
    platform = wechat(),
    account = '',
    device,
    wxLoginTimeoutMs = 10_000,
    authTimeoutMs = 10_000,
    silentLoginAfterLogout = false,
  } = options
  const app = platform.app()
  const { appId = app.appId, env = app.env } = options
  const key = ['kaimen', baseUrl, appId, env, account]
  return {
    account: findAccount(platform.host, key.map(encodeURIComponent).join(':')),
    platform,
    baseUrl,
    appId,
    device,
    wxLoginTimeoutMs,
    authTimeoutMs,
    silentLoginAfterLogout,
  }
}

async function sendSignedIn(
  kaimen: Kaimen,
  request: PlatformRequest,
  replay: boolean,
): Promise<Reply> {
  const { account, platform } = kaimen
  const grant = await authorize(kaimen)
  const reply = await sendWith(grant)
  if (!refusesToken(reply)) return reply
  // A late 401 of a token that was since replaced asks for nothing more than the new one.
  await renew(kaimen, grant.generation)
  const next = await authorize(kaimen)
  if (next.userId !== grant.userId) throw new AuthError('signed_out')
  if (!replay) throw new AuthError('token_refused', { action: 'retry', status: 401 })
  const second = await sendWith(next)
  if (refusesToken(second)) throw new AuthError('token_refused', { status: 401 })
  return second

  async function sendWith({ accessToken }: Grant): Promise<Reply> {
    const header: Record<string, string> = { Authorization: `Bearer ${accessToken}` }
    for (const [name, value] of Object.entries(request.header))
      if (!isAuthorization(name)) header[name] = value
    const answer = await send(platform, merge(request, { header }))
    if (!refusesToken(answer)) accept(account)
    return answer
  }
}

/**
 * A 401 of any server; but Kaimen also answers it to a wrong password, where a new token would not
 * help.
 */
function refusesToken({ statusCode, data }: Reply): boolean {
  return statusCode === 401 && !(isProblem(data) && data.action === 'none')
}

function isAuthorization(name: string): boolean {
  return /^authorization$/i.test(name)
}
