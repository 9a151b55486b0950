import { seedWorld } from '@kaimen/emulator'
import type { Reply, World } from './world.ts'

/** The service account and the website of the seeded world, under the Open Platform account. */
export const serviceAppId = appOf('service_account')
export const websiteAppId = appOf('website')

function appOf(kind: string): string {
  const app = seedWorld.apps.find((each) => each.kind === kind)
  if (!app) throw new Error(`the seeded world has no ${kind}`)
  return app.appid
}

/** One person's browser, before a server: it keeps cookies, and says where its requests come from. */
export type WebBrowser = {
  readonly cookies: Map<string, string>
  /** A person opens an address. */
  open(path: string, options?: Ask): Promise<Reply>
  /** A script of a page asks. `origin`: of that page. Default the server's own. */
  ask(method: string, path: string, options?: Ask): Promise<Reply>
  /** Where WeChat sends the browser back to, after the person decided: path and query. */
  decide(location: string, person: string, decision?: 'allow' | 'refuse'): Promise<string>
  /** The whole way from the start to the end of the callback. */
  signIn(app_id: string, person: string, query?: Record<string, string>): Promise<Reply>
}

export type Ask = {
  json?: unknown
  origin?: string | null
  site?: string | null
  language?: string
  headers?: Record<string, string>
  address?: string
}

export const ownOrigin = 'http://kaimen.test'

export function openWebBrowser(world: World): WebBrowser {
  const cookies = new Map<string, string>()

  async function send(method: string, path: string, headers: Record<string, string>, ask: Ask) {
    const { json, language = 'en', address } = ask
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ')
    const reply = await world.send(method, path, {
      ...(json !== undefined && { json }),
      ...(address !== undefined && { address }),
      headers: {
        'accept-language': language,
        'user-agent': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/150.0 Safari/537.36',
        ...(cookie && { cookie }),
        ...headers,
        ...ask.headers,
      },
    })
    for (const line of reply.headers.getSetCookie()) keep(line)
    return reply
  }

  function keep(line: string) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    if (/; Max-Age=0(;|$)/.test(line)) cookies.delete(name)
    else cookies.set(name, value)
  }

  const browser: WebBrowser = {
    cookies,
    open: (path, ask = {}) =>
      send('GET', path, { accept: 'text/html', 'sec-fetch-mode': 'navigate' }, ask),
    ask(method, path, ask = {}) {
      const { origin = method === 'GET' ? null : ownOrigin, site = 'same-origin' } = ask
      const headers = {
        ...(origin !== null && { origin }),
        ...(site !== null && { 'sec-fetch-site': site }),
      }
      return send(method, path, headers, ask)
    },
    async decide(url, person, decision = 'allow') {
      const { location } = await world.control('POST', '/emulator/authorize', {
        url,
        person,
        decision,
      })
      const { pathname, search } = new URL(String(location))
      return pathname + search
    },
    async signIn(app_id, person, query = {}) {
      const search = new URLSearchParams(query).toString()
      const begun = await browser.open(`/v1/web/${app_id}/start${search && `?${search}`}`)
      let location = begun.headers.get('location')
      let reply = begun
      while (location !== null && new URL(location).pathname.startsWith('/connect/')) {
        reply = await browser.open(await browser.decide(location, person))
        location = reply.headers.get('location')
      }
      return reply
    },
  }
  return browser
}

/** Lets WeChat send browsers back to the server of the tests. */
export async function allowRedirects(world: World): Promise<void> {
  for (const app_id of [serviceAppId, websiteAppId]) {
    await world.control('PATCH', `/emulator/apps/${app_id}`, { redirect_domain: 'kaimen.test' })
  }
}
