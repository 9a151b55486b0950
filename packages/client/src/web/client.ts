import type { Reply } from '../platform.ts'
import { originOf, resolveUrl } from '../url.ts'
import { isProblem, type User } from '../wire.ts'
import { fail, misuse, refuse } from './failure.ts'
import { openFrame } from './frame.ts'
import type { Host } from './host.ts'
import { showScan, type ScanOptions, type ShownScan } from './scan.ts'
import { openTabs } from './tabs.ts'
import { call, send, type Outgoing } from './transport.ts'

/** The apps of WeChat that people sign in with, by AppID, as the server has them. */
export interface WebApps {
  /** For pages inside WeChat. */
  service_account?: string
  /** For any other browser: WeChat's own page with a code to scan. */
  website?: string
  /** Takes scans. Default: the only one that does. */
  mini_program?: string
}

export interface WebClientOptions {
  /** Where Kaimen is, as in `https://auth.example.com`; a path below it is fine. */
  baseUrl: string
  apps?: WebApps
  /**
   * Origins of your own back ends, as in `https://api.example.com`. The access token goes to these,
   * and nowhere else. Default: none.
   */
  apiOrigins?: readonly string[]
}

export interface WebSignInOptions {
  /** Where to come back to. Default: this page. */
  returnTo?: string
  /** Of a service account: `snsapi_userinfo` asks for nickname and picture. Default: the server's. */
  scope?: 'snsapi_base' | 'snsapi_userinfo'
  /** Default: of `apps`, the service account inside WeChat and the website elsewhere. */
  app_id?: string
  /** Shows WeChat's code of the website in this element, and stays on the page. */
  embed?: HTMLElement
  /** Takes the code of `embed` from the page: the person thought better of it. */
  signal?: AbortSignal
}

export interface WebRequestOptions {
  /** A whole URL, or a path below `baseUrl`. */
  url: string
  /** Default: GET. */
  method?: string
  /** An object goes as JSON; of GET and HEAD it becomes the query. */
  data?: unknown
  header?: Record<string, string>
  /** Milliseconds. Default: 60 000. */
  timeout?: number
  /** Whether a request that a 401 stopped is sent once more with a new token. Default: true. */
  replay?: boolean
}

/** Of any status. */
export interface WebRequestResult<T> {
  statusCode: number
  data: T
  /** Names are in lower case. */
  header: Record<string, unknown>
}

export interface WebClient {
  /** Who is signed in in this browser; `null`: nobody; `undefined`: not known yet. */
  readonly user: User | null | undefined
  /**
   * Who is signed in, once that is known. Asked for again after a failure, it asks again.
   *
   * @throws {AuthError}
   */
  readonly ready: Promise<User | null>
  /**
   * Signs in with WeChat. Leaves the page and never settles; with `embed` it stays, and resolves
   * once somebody is signed in. Called again for the same element, it starts afresh there.
   *
   * @throws {AuthError} The server's refusal. `cancelled`: another call, `signal`, or `close()`.
   */
  signIn(options?: WebSignInOptions): Promise<User>
  /** Shows a code that a mini program scans, how that stands, and a way to try again. */
  scan(element: HTMLElement, options?: ScanOptions): ShownScan
  /**
   * Sends with the cookie to Kaimen, with an access token to `apiOrigins`, and refuses any other
   * place. Redirects are not followed.
   *
   * @throws {AuthError} There was no reply, or the session has ended.
   */
  request<T = unknown>(options: WebRequestOptions): Promise<WebRequestResult<T>>
  /**
   * Signs out in this browser, in all its tabs; `everywhere`: on every device.
   *
   * @throws {AuthError} The server was not reached: the person is still signed in.
   */
  signOut(options?: { everywhere?: boolean }): Promise<void>
  /** Calls back whenever `user` changes, in whatever tab; returns what ends that. */
  onChange(listener: (user: User | null) => void): () => void
  /** Ends everything that this client shows and listens to. */
  close(): void
}

/** {@link WebClient} on a page that is given. */
export function openWebClient(options: WebClientOptions, host: Host): WebClient {
  const { apps = {}, apiOrigins = [] } = options
  const baseUrl = check(options.baseUrl) && new URL(options.baseUrl).href.replace(/\/+$/, '')
  const trusted = apiOrigins.map(check)
  const tabs = openTabs(host, baseUrl)
  /** What is shown on the page; of an element one at a time. */
  const shown = new Map<HTMLElement, () => void>()
  void tabs.known().catch(() => {})

  function show<T extends { done: Promise<unknown>; close(): void }>(
    element: HTMLElement,
    next: T,
  ): T {
    shown.get(element)?.()
    shown.set(element, next.close)
    const forget = () => {
      if (shown.get(element) === next.close) shown.delete(element)
    }
    // What failed still shows why.
    next.done.then(forget, () => {})
    return next
  }

  function startUrl(given: WebSignInOptions, embed: boolean): string {
    const { app_id, scope, returnTo } = given
    const here = host.here()
    const return_to = returnTo === undefined ? here : new URL(returnTo, here).href
    const inside = !embed && isInsideWechat(host.userAgent)
    const chosen = app_id ?? (inside ? apps.service_account : apps.website)
    if (!chosen) {
      const missing = inside ? 'service_account' : 'website'
      throw misuse(`缺少 apps.${missing}`, `apps.${missing} is missing`)
    }
    const query = new URLSearchParams({ return_to })
    if (scope) query.set('scope', scope)
    if (embed) query.set('embed', 'true')
    return `${baseUrl}/v1/web/${encodeURIComponent(chosen)}/start?${query}`
  }

  async function signIn(given: WebSignInOptions = {}): Promise<User> {
    const { embed, signal } = given
    const url = startUrl(given, !!embed)
    if (!embed) {
      host.go(url)
      return await new Promise<never>(() => {})
    }
    const frame = show(embed, openFrame(embed, url))
    signal?.addEventListener('abort', frame.close)
    if (signal?.aborted) frame.close()
    await frame.done
    const user = await tabs.refresh()
    if (!user) throw fail('cookie_lost')
    return user
  }

  // What the body holds is between the caller and its server.
  function request<T>(given: WebRequestOptions): Promise<WebRequestResult<T>>
  async function request(given: WebRequestOptions): Promise<Reply> {
    const { method = 'GET', data, header = {}, timeout = 60_000, replay = true } = given
    const resolved = resolveUrl(baseUrl, given.url)
    const origin = originOf(resolved)
    const url = origin ? new URL(resolved) : undefined
    const toKaimen = !!url && url.href.startsWith(`${baseUrl}/`)
    if (!url || !origin || (!toKaimen && !trusted.includes(origin)))
      throw misuse(
        '只能请求 baseUrl 之下的地址和 apiOrigins',
        'Requests go to what is below baseUrl, and to apiOrigins, only',
      )
    const inQuery = /^(get|head)$/i.test(method) && typeof data === 'object' && data !== null
    if (inQuery)
      for (const [name, value] of Object.entries(data)) url.searchParams.set(name, String(value))
    const outgoing: Outgoing = {
      url: url.href,
      method: method.toUpperCase(),
      data: inQuery ? undefined : data,
      header,
      timeout,
      cookie: toKaimen,
    }
    if (!toKaimen) return await sendWithToken(outgoing, replay)
    const reply = await send(host, outgoing)
    if (!refusesSession(reply)) return reply
    await tabs.refresh()
    throw refuse(reply)
  }

  async function sendWithToken(outgoing: Outgoing, replay: boolean): Promise<Reply> {
    const token = await tabs.authorize()
    const reply = await sendAs(token.value)
    if (!refusesSession(reply)) return reply
    tabs.spoil(token)
    const next = await tabs.authorize()
    if (next.user_id !== token.user_id) throw fail('signed_out')
    if (!replay) throw fail('token_refused', { action: 'retry', status: 401 })
    // Nothing has happened yet: what refuses a token has not looked at the rest.
    const second = await sendAs(next.value)
    if (refusesSession(second)) throw fail('token_refused', { status: 401 })
    return second

    function sendAs(value: string): Promise<Reply> {
      const header = { ...outgoing.header, Authorization: `Bearer ${value}` }
      return send(host, { ...outgoing, header })
    }
  }

  return {
    get user() {
      return tabs.user()
    },
    get ready() {
      return tabs.known()
    },
    signIn,
    scan: (element, given = {}) =>
      show(
        element,
        showScan(host, baseUrl, element, { app_id: apps.mini_program, ...given }, tabs.begin),
      ),
    request,
    async signOut({ everywhere = false } = {}) {
      await call(host, `${baseUrl}/v1/web/sign-out`, { everywhere })
      tabs.end()
    },
    onChange: tabs.onChange,
    close() {
      for (const close of shown.values()) close()
      shown.clear()
      tabs.close()
    },
  }
}

/** Its origin. */
function check(url: string): string {
  const origin = originOf(url)
  if (!origin)
    throw misuse(`不是完整的 http(s) 地址：${url}`, `Not a whole http(s) address: ${url}`)
  return origin
}

/** A page of a mini program's, and one of WeCom's, have no service account to sign in with. */
function isInsideWechat(userAgent: string): boolean {
  return /MicroMessenger/i.test(userAgent) && !/miniProgram|wxwork/i.test(userAgent)
}

/** A 401 of a session or token; others, as of a wrong password, are the caller's. */
function refusesSession({ statusCode, data }: Reply): boolean {
  return (
    statusCode === 401 &&
    isProblem(data) &&
    /^(token_expired|token_invalid|session_ended)$/.test(data.code)
  )
}
