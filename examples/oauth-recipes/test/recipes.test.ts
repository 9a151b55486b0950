import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createAdaptorServer } from '@hono/node-server'
import { createEmulator, seedWorld } from '@kaimen/emulator'
import type { Emulator } from '@kaimen/emulator'
import { createWechat } from '@kaimen/wechat'
import type { Wechat } from '@kaimen/wechat'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeAuthJs } from '../authjs.ts'
import { makeBetterAuth } from '../better-auth.ts'
import { makePassport } from '../passport.ts'
import type { WechatApp } from '../person.ts'
import { createUsers } from '../users.ts'
import { openBrowser } from './browser.ts'
import type { Browser } from './browser.ts'

const [, serviceAccount, website] = seedWorld.apps
const apps: readonly [WechatApp, WechatApp] = [
  { ...serviceAccount, kind: 'service_account' },
  { ...website, kind: 'website' },
]
const [inWechat, onDesktop] = apps
const [somebody, somebodyElse] = seedWorld.people

let emulator: Emulator
let wechat: Wechat
beforeAll(async () => {
  // The frameworks tell each refusal on the console.
  for (const name of ['log', 'warn', 'error'] as const) vi.spyOn(console, name).mockReturnValue()
  emulator = await createEmulator({ port: 0 })
  wechat = createWechat({ baseUrl: emulator.url })
})
afterEach(() => control('POST', '/reset'))
afterAll(async () => {
  await wechat.close()
  await emulator.close()
  vi.restoreAllMocks()
})

async function control(method: string, path: string, body?: object): Promise<unknown> {
  const init = body && {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }
  const reply = await fetch(`${emulator.url}/emulator${path}`, { method, ...init })
  if (!reply.ok) throw new Error(`${method} ${path}: ${await reply.text()}`)
  return reply.json()
}

/** A person opens WeChat's page and decides; gives where WeChat sends the browser. */
async function decide(url: string, decision = 'allow', person = somebody.id): Promise<string> {
  const reply = await control('POST', '/authorize', { url, person, decision })
  return (reply as { location: string }).location
}

async function countExchanges(): Promise<number> {
  const calls = JSON.stringify(await control('GET', '/calls'))
  return calls.split('"path":"/sns/oauth2/access_token"').length - 1
}

interface Site {
  readonly url: string
  /** Begins a sign-in; gives the address of WeChat's page. */
  begin(browser: Browser, app: WechatApp): Promise<string>
  /** What the site tells a page about who is signed in; `null` for nobody. */
  who(browser: Browser): Promise<{ readonly id: string } | null>
  /** The table of users, and the one of their identities. */
  readonly tables: readonly [users: string, identities: string]
  readonly database: DatabaseSync
  close(): Promise<void>
}

/** A place to listen at, and a database; `serve` opens the site there. */
async function prepare() {
  const folder = await mkdtemp(join(tmpdir(), 'kaimen-recipes-'))
  const path = join(folder, 'site.db')
  const database = new DatabaseSync(path)
  const free = createServer()
  const port = await listen(free, 0)
  await new Promise((resolve) => free.close(resolve))
  const baseUrl = `http://127.0.0.1:${port}`
  const secret = randomBytes(32).toString('base64url')
  return {
    database,
    users: createUsers(path),
    recipe: { wechat, apps, baseUrl, openUrl: emulator.url, secret },
    async serve(server: Server) {
      await listen(server, port)
      return {
        url: baseUrl,
        database,
        async close() {
          server.closeAllConnections()
          await new Promise((resolve) => server.close(resolve))
          database.close()
          await rm(folder, { recursive: true })
        },
      }
    },
  }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

function locationOf(reply: Response): string {
  const location = reply.headers.get('location')
  if (reply.status !== 302 || location === null) throw new Error(`${reply.status}, no redirect`)
  return location
}

const sites: Readonly<Record<string, () => Promise<Site>>> = {
  async 'Better Auth'() {
    const { serve, recipe, database } = await prepare()
    const handle = await makeBetterAuth({ ...recipe, database })
    return {
      ...(await serve(createAdaptorServer({ fetch: handle }) as Server)),
      tables: ['user', 'account'],
      async begin(browser, { appid }) {
        const reply = await browser.visit('/api/auth/sign-in/social', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ provider: appid, callbackURL: '/' }),
        })
        const { url } = (await reply.json()) as { url: string }
        return locationOf(await browser.visit(url))
      },
      async who(browser) {
        const reply = await browser.visit('/api/auth/get-session')
        return ((await reply.json()) as { user: { id: string } } | null)?.user ?? null
      },
    }
  },
  async 'Auth.js'() {
    const { serve, recipe, users } = await prepare()
    const handle = makeAuthJs({ ...recipe, users })
    return {
      ...(await serve(createAdaptorServer({ fetch: handle }) as Server)),
      tables: ['users', 'identities'],
      async begin(browser, { appid }) {
        const csrf = await browser.visit('/auth/csrf')
        const { csrfToken } = (await csrf.json()) as { csrfToken: string }
        const body = new URLSearchParams({ csrfToken, callbackUrl: '/' })
        const reply = await browser.visit(`/auth/signin/${appid}`, { method: 'POST', body })
        return locationOf(await browser.visit(locationOf(reply)))
      },
      async who(browser) {
        const reply = await browser.visit('/auth/session')
        return ((await reply.json()) as { user: { id: string } } | null)?.user ?? null
      },
    }
  },
  async Passport() {
    const { serve, recipe, users } = await prepare()
    return {
      ...(await serve(createServer(makePassport({ ...recipe, users })))),
      tables: ['users', 'identities'],
      begin: async (browser, { appid }) => locationOf(await browser.visit(`/auth/${appid}`)),
      who: async (browser) => (await (await browser.visit('/me')).json()) as { id: string } | null,
    }
  },
}

describe.each(Object.entries(sites))('a site on %s', (_, open) => {
  let site: Site
  beforeEach(async () => {
    site = await open()
  })
  afterEach(() => site.close())

  function count(table: string): number {
    return Number(site.database.prepare(`select count(*) as n from ${table}`).get()?.['n'])
  }

  /** Signs `person` in; gives their id. */
  async function signIn(app: WechatApp, person = somebody.id): Promise<string | undefined> {
    const browser = openBrowser(site.url)
    const back = await decide(await site.begin(browser, app), 'allow', person)
    expect(new URL(locationOf(await browser.visit(back)), site.url).pathname).toBe('/')
    return (await site.who(browser))?.id
  }

  /** What a browser is told that was sent away with a failure. */
  async function failureOf(browser: Browser, reply: Response): Promise<string> {
    const failed = await browser.visit(locationOf(reply), { headers: { 'accept-language': 'en' } })
    expect([failed.status, new URL(failed.url).pathname]).toEqual([403, '/failed'])
    return failed.text()
  }

  it.each(apps)('knows the same person again, by a $kind', async (app) => {
    const first = await signIn(app)
    expect(first).toBeDefined()
    expect(await signIn(app)).toBe(first)
    expect(await signIn(app, somebodyElse.id)).not.toBe(first)
  })

  it('knows a person by the unionid in another app, and never by the nickname', async () => {
    const id = await signIn(inWechat)
    expect(await signIn(onDesktop)).toBe(id)
    expect(site.tables.map(count)).toEqual([1, 2])
    const { nickname } = somebody
    const twin = (await control('POST', '/people', { nickname })) as { id: string }
    expect(await signIn(inWechat, twin.id)).not.toBe(id)
    expect(site.tables.map(count)).toEqual([2, 3])
  })

  it('keeps a person’s account by the openid, and joins by a unionid that comes late', async () => {
    const bind = (open_platform: string | null) =>
      control('PATCH', `/apps/${inWechat.appid}`, { open_platform })
    await bind(null)
    const id = await signIn(inWechat)
    expect(await signIn(inWechat)).toBe(id)
    expect(await signIn(inWechat, somebodyElse.id)).not.toBe(id)
    await bind(serviceAccount.open_platform)
    expect(await signIn(inWechat)).toBe(id)
    expect(await signIn(onDesktop)).toBe(id)
    // Theirs was known by the website first: the openid still says who it is.
    const other = await signIn(onDesktop, somebodyElse.id)
    expect(await signIn(inWechat, somebodyElse.id)).not.toBe(other)
  })

  it('[OA-4] gives WeChat a state that it takes, another each time', async () => {
    const urls = [1, 2].map(() => site.begin(openBrowser(site.url), inWechat))
    const states = (await Promise.all(urls)).map((url) => new URL(url).searchParams.get('state'))
    expect(states[0]).toMatch(/^[0-9a-f]{64}$/)
    expect(states[0]).not.toBe(states[1])
  })

  it('[OA-4] refuses a sign-in that another browser began, and uses nothing of it up', async () => {
    const [mallory, victim] = [openBrowser(site.url), openBrowser(site.url)]
    const back = await decide(await site.begin(mallory, onDesktop))
    await site.begin(victim, onDesktop)
    for (const other of [victim, openBrowser(site.url)]) {
      expect(await failureOf(other, await other.visit(back))).toContain('not begun in this browser')
      expect(await site.who(other)).toBe(null)
    }
    expect(await countExchanges()).toBe(0)
    expect(locationOf(await mallory.visit(back))).toMatch(/\/$/)
    expect(await site.who(mallory)).not.toBe(null)
    await victim.visit(back)
    expect(await site.who(victim)).toBe(null)
  })

  it('[OA-4] takes a state once', async () => {
    const browser = openBrowser(site.url)
    const url = await site.begin(browser, onDesktop)
    const [first, second] = [await decide(url), await decide(url, 'allow', somebodyElse.id)]
    await browser.visit(first)
    const who = await site.who(browser)
    expect(locationOf(await browser.visit(second))).toContain('/failed')
    expect(await site.who(browser)).toEqual(who)
    expect(await countExchanges()).toBe(1)
  })

  it('[OA-4] takes a state once, even where nobody was signed in by it', async () => {
    const browser = openBrowser(site.url)
    const url = await site.begin(browser, inWechat)
    await control('PATCH', `/apps/${inWechat.appid}`, { snapshot_user: true })
    await browser.visit(await decide(url))
    await control('PATCH', `/apps/${inWechat.appid}`, { snapshot_user: false })
    expect(locationOf(await browser.visit(await decide(url)))).toContain('/failed')
    expect(await site.who(browser)).toBe(null)
  })

  it('answers a callback that WeChat opens twice as it did the first time', async () => {
    const browser = openBrowser(site.url)
    const back = await decide(await site.begin(browser, inWechat))
    const hits = await Promise.all([browser.visit(back), browser.visit(back)])
    const late = await browser.visit(back)
    for (const hit of [...hits, late]) {
      expect(new URL(locationOf(hit), site.url).pathname).toBe('/')
    }
    expect(await site.who(browser)).not.toBe(null)
    expect(site.tables.map(count)).toEqual([1, 1])
    expect(await countExchanges()).toBe(1)
  })

  it('opens no account for a visitor of the snapshot page', async () => {
    await control('PATCH', `/apps/${inWechat.appid}`, { snapshot_user: true })
    const browser = openBrowser(site.url)
    const back = await decide(await site.begin(browser, inWechat))
    expect(await failureOf(browser, await browser.visit(back))).toContain('preview')
    expect(await site.who(browser)).toBe(null)
    expect(site.tables.map(count)).toEqual([0, 0])
  })

  it('says in both languages what to do after a refusal', async () => {
    const browser = openBrowser(site.url)
    const back = await decide(await site.begin(browser, onDesktop), 'refuse')
    const reply = await browser.visit(back)
    expect(await failureOf(browser, reply)).toContain('You refused in WeChat')
    const chinese = await browser.visit(locationOf(reply), {
      headers: { 'accept-language': 'zh-CN,zh;q=0.9' },
    })
    expect(await chinese.text()).toContain('你在微信中拒绝了授权')
    expect(await site.who(browser)).toBe(null)
  })

  it('fails with words where WeChat does', async () => {
    const fault = { path: '/sns/oauth2/access_token', fault: 'errcode', errcode: -1, times: 1 }
    await control('POST', '/faults', fault)
    const browser = openBrowser(site.url)
    const back = await decide(await site.begin(browser, onDesktop))
    expect(await failureOf(browser, await browser.visit(back))).toContain('Begin again')
    expect(await site.who(browser)).toBe(null)
  })

  it('tells a page no openid, and keeps no token of WeChat’s', async () => {
    const browser = openBrowser(site.url)
    await browser.visit(await decide(await site.begin(browser, onDesktop)))
    const [, identities] = site.tables
    const rows = site.database.prepare(`select * from ${identities}`).all()
    const openids = rows.map((row) => String(row['openid'] ?? row['accountId']))
    expect(openids.length).toBeGreaterThan(0)
    const told = JSON.stringify(await site.who(browser)) + browser.cookiesFor('/')
    expect(openids.filter((openid) => told.includes(openid))).toEqual([])
    const tokens = ['accessToken', 'refreshToken', 'access_token', 'refresh_token']
    expect(rows.flatMap((row) => tokens.map((name) => row[name] ?? null))).toEqual(
      rows.flatMap(() => tokens.map(() => null)),
    )
  })
})
