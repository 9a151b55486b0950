import { openWebClient, type WebClient, type WebClientOptions } from '../../../src/web/client.ts'
import type { Host } from '../../../src/web/host.ts'
import { createClock, quiet, type Clock } from '../../support/clock.ts'
import { authUrl, shopOrigin, startServers, website, type Servers } from './servers.ts'

export const apiUrl = 'https://api.shop.test'

export interface Tab {
  readonly client: WebClient
  /** Every user that `onChange` told of, by nickname or id. */
  readonly heard: Array<string | null>
  /** Where it was sent. */
  readonly gone: string[]
  readonly host: Host
  /** Comes back from the browser's memory, as after “Back”. */
  comeBack(): void
  close(): void
}

/** One request that reached a server. */
interface Call {
  method: string
  path: string
  query: string
  authorization: string | null
  cookie: string | null
}

/** A person's browser before a real Kaimen server, in a time of its own. */
export interface Browser {
  readonly clock: Clock
  readonly servers: Servers
  readonly cookies: Map<string, string>
  readonly calls: Call[]
  /** Token requests that are under way, and the most that ever were. */
  readonly renewals: { open: number; most: number }
  online: boolean
  /** What the shop answers in place of looking at the token. */
  shopAnswer: ((call: Call) => Response | undefined) | undefined
  /** Milliseconds that something takes, each time anew. */
  delay: () => number
  /** Whether its tabs have BroadcastChannel and Web Locks. */
  readonly modern: boolean
  count(path: string): number
  open(options?: Partial<WebClientOptions> & { userAgent?: string }): Tab
  /** Signs a person in as a redirect does: all that a tab sees of it is the cookie. */
  signIn(person: string): Promise<void>
  /** As a page's script asks, past every client. */
  ask(method: string, path: string, body?: object): Promise<Response>
  /** Lets so much time pass, and everything happen that is to happen in it. */
  pass(ms: number): Promise<void>
  /** Lets time pass until it has settled. */
  settle<T>(promise: Promise<T>): Promise<T>
  close(): Promise<void>
}

export async function openBrowser({ modern = true } = {}): Promise<Browser> {
  const clock = createClock()
  const servers = await startServers({ now: clock.trueMs })
  const cookies = new Map<string, string>()
  const channels = new Set<{ name: string; hear(message: unknown): void }>()
  const locks = new Map<string, Promise<unknown>>()
  const closers = new Set<() => void>()
  /** Requests that the server has, and has not answered. */
  const inside = new Set<Request>()

  const wait = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve))

  function keep(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/; Max-Age=0(;|$)/.test(line)) cookies.delete(name)
      else cookies.set(name, value)
    }
  }

  async function handle(request: Request): Promise<Response> {
    inside.add(request)
    try {
      return await servers.auth.handler(request)
    } finally {
      inside.delete(request)
    }
  }

  const cookieHeader = () => [...cookies].map((pair) => pair.join('=')).join('; ')

  const browser: Browser = {
    clock,
    servers,
    cookies,
    calls: [],
    renewals: { open: 0, most: 0 },
    online: true,
    shopAnswer: undefined,
    delay: () => 1,
    modern,
    count: (path) => browser.calls.filter((call) => call.path === path).length,
    open({ userAgent = 'Mozilla/5.0 Chrome/150.0', ...options } = {}) {
      const heard: Array<string | null> = []
      const gone: string[] = []
      const returns = new Set<() => void>()
      let alive = true
      async function exchange(url: string, init: RequestInit): Promise<Response> {
        const { pathname, search, origin } = new URL(url)
        await wait(browser.delay())
        if (!browser.online || !alive) throw new TypeError('fetch failed')
        const headers = new Headers(init.headers)
        headers.set('origin', shopOrigin)
        if (init.credentials === 'include' && cookies.size > 0)
          headers.set('cookie', cookieHeader())
        const call = {
          method: init.method ?? 'GET',
          path: pathname,
          query: search,
          authorization: headers.get('authorization'),
          cookie: headers.get('cookie'),
        }
        browser.calls.push(call)
        const renews = pathname === '/v1/web/token'
        if (renews) browser.renewals.most = Math.max(browser.renewals.most, ++browser.renewals.open)
        const response =
          origin === authUrl
            ? await handle(new Request(url, { ...init, signal: null, headers }))
            : (browser.shopAnswer?.(call) ?? serveShop(call, clock.trueMs()))
        await wait(browser.delay())
        if (renews) browser.renewals.open--
        keep(response)
        if (!browser.online || !alive) throw new TypeError('fetch failed')
        return response
      }

      const host: Host = {
        fetch: (url, init) =>
          Promise.race([
            exchange(url, init),
            new Promise<never>((_, reject) => {
              const abort = () => reject(new DOMException('aborted', 'AbortError'))
              init.signal?.addEventListener('abort', abort)
            }),
          ]),
        now: clock.now,
        after: clock.after,
        openChannel(name, hear) {
          const own = { name, hear }
          if (modern) channels.add(own)
          return {
            post(message) {
              for (const other of channels)
                if (other !== own && other.name === name && modern) {
                  const copy: unknown = structuredClone(message)
                  clock.after(browser.delay(), () => channels.has(other) && other.hear(copy))
                }
            },
            close: () => void channels.delete(own),
          }
        },
        async lock(name, patienceMs, work) {
          if (!modern) return await work(true)
          const before = locks.get(name)
          const turn = Promise.race([before ?? Promise.resolve(), wait(patienceMs)]).then(() =>
            work(before !== undefined),
          )
          const settled = turn.catch(() => {})
          // A tab that is closed gives its locks back.
          const gone = new Promise<void>((resolve) => closers.add(() => !alive && resolve()))
          const mine = Promise.race([settled, gone])
          locks.set(name, mine)
          void mine.then(() => locks.get(name) === mine && locks.delete(name))
          return await turn
        },
        userAgent,
        here: () => `${shopOrigin}/cart?item=1#top`,
        go: (url) => void gone.push(url),
        onReturn(run) {
          returns.add(run)
          return () => void returns.delete(run)
        },
      }
      const client = openWebClient(
        { baseUrl: authUrl, apps: { website: website.appid }, apiOrigins: [apiUrl], ...options },
        host,
      )
      client.onChange((user) => heard.push(user && user.id))
      return {
        client,
        heard,
        gone,
        host,
        comeBack() {
          for (const run of returns) run()
        },
        close() {
          alive = false
          client.close()
          for (const run of closers) run()
        },
      }
    },
    async signIn(person) {
      const start = `${authUrl}/v1/web/${website.appid}/start`
      const begun = await handle(new Request(start, { headers: { cookie: cookieHeader() } }))
      keep(begun)
      const { location } = await servers.control('POST', '/emulator/authorize', {
        url: begun.headers.get('location'),
        person,
        decision: 'allow',
      })
      const back = new Request(String(location), { headers: { cookie: cookieHeader() } })
      const arrived = await handle(back)
      keep(arrived)
      if (arrived.status !== 303) throw new Error(`signed in with ${arrived.status}`)
    },
    async ask(method, path, body) {
      const response = await handle(
        new Request(authUrl + path, {
          method,
          headers: {
            origin: shopOrigin,
            cookie: cookieHeader(),
            'content-type': 'application/json',
          },
          ...(body && { body: JSON.stringify(body) }),
        }),
      )
      keep(response)
      return response
    },
    async pass(ms) {
      for (let passed = 0; passed < ms;) {
        // In small steps at first: what was begun is mostly done with by then.
        const step = passed < 500 ? 10 : ms - passed
        while (inside.size > 0) await quiet()
        await clock.advance(Math.min(step, ms - passed))
        passed += step
      }
      while (inside.size > 0) await quiet()
      await quiet()
    },
    async settle(promise) {
      const open = new Set([promise])
      const ended = () => open.clear()
      promise.then(ended, ended)
      for (let tries = 0; open.size > 0; tries++) {
        if (tries > 500) throw new Error('It never settled.')
        await browser.pass(100)
      }
      return await promise
    },
    close: () => servers.close(),
  }
  return browser
}

/** A back end that looks at the token’s end, and answers with whose it is. */
function serveShop({ authorization }: Call, nowMs: number): Response {
  const payload = authorization?.split('.')[1] ?? ''
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString() || '{}') as {
    sub?: string
    exp?: number
  }
  if (claims.sub === undefined || (claims.exp ?? 0) * 1000 <= nowMs) return refuse('token_expired')
  return Response.json({ user: claims.sub })
}

/** As `@kaimen/verify` refuses. */
export function refuse(code: string): Response {
  const body = { code, title: code, detail: '', status: 401, action: 'retry', retryable: true }
  return Response.json(body, {
    status: 401,
    headers: { 'content-type': 'application/problem+json' },
  })
}
