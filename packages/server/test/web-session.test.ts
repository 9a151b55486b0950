import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readKeyRing } from '../src/key-ring.ts'
import { mintRefreshToken } from '../src/session/refresh-token.ts'
import { mintWebSession } from '../src/session/web-session.ts'
import {
  allowRedirects,
  openWebBrowser,
  serviceAppId,
  websiteAppId,
  type WebBrowser,
} from './support/web-browser.ts'
import {
  liHua,
  openWorld,
  testSecret,
  wangFang,
  type World,
  type WorldOptions,
} from './support/world.ts'

const shop = 'http://shop.kaimen.test'
const dayMs = 86_400_000

let world: World
let browser: WebBrowser
afterEach(() => world.close())

async function begin(options: WorldOptions = {}) {
  world = await openWorld({
    storeKind: 'sqlite',
    sharedEphemeral: true,
    sharedClock: true,
    web: { origins: [shop] },
    ...options,
  })
  await allowRedirects(world)
  browser = openWebBrowser(world)
}

const answer = ({ status, body }: { status: number; body: Record<string, unknown> }) => [
  status,
  body['code'] ?? 'ok',
]
const me = (one = browser, ask: Parameters<WebBrowser['ask']>[2] = {}) =>
  one.ask('GET', '/v1/me', ask)
const who = async (one = browser) => (await one.ask('GET', '/v1/web/session')).body['user']

describe('the cookie', () => {
  it('[WB-1] is __Host-, Secure, HttpOnly and Lax, small, and lasts as long as the session can', async () => {
    await begin({
      publicUrl: 'https://kaimen.test',
      web: { origins: ['https://shop.kaimen.test'] },
    })
    const reply = await browser.signIn(websiteAppId, liHua)
    const lines = reply.headers.getSetCookie()
    expect(lines).toEqual([
      expect.stringMatching(
        /^__Host-kaimen=kmw_[\w-]+; Path=\/; Max-Age=15552000; HttpOnly; SameSite=Lax; Secure$/,
      ),
    ])
    expect(Buffer.byteLength(lines.join())).toBeLessThan(4096)
    expect([...browser.cookies.keys()].sort()).toEqual(['__Host-kaimen', '__Host-kaimen-browser'])
  })

  it('does without the prefix over plain HTTP, where browsers would drop it', async () => {
    await begin()
    await browser.signIn(websiteAppId, liHua)
    expect([...browser.cookies.keys()].sort()).toEqual(['kaimen', 'kaimen-browser'])
  })

  it('is set by a sign-in alone: a late answer takes no other tab’s place', async () => {
    await begin()
    await browser.signIn(websiteAppId, liHua)
    const before = browser.cookies.get('kaimen')
    for (let day = 0; day < 170; day += 10) {
      world.clock.advance(10 * dayMs)
      expect(await who()).not.toBe(null)
    }
    expect(browser.cookies.get('kaimen')).toBe(before)
    const replies = [
      await browser.ask('GET', '/v1/web/session'),
      await browser.ask('POST', '/v1/web/token'),
      await me(),
    ]
    world.clock.advance(10 * dayMs)
    replies.push(await browser.ask('GET', '/v1/web/session'))
    expect(replies.at(-1)?.body).toEqual({ user: null, session_id: null })
    expect(replies.flatMap(({ headers }) => headers.getSetCookie())).toEqual([])
  })

  it('[SE-4] ends unused at the idle limit', async () => {
    await begin()
    await browser.signIn(websiteAppId, liHua)
    world.clock.advance(30 * dayMs)
    expect(answer(await me())).toEqual([401, 'session_ended'])
  })

  it('[SE-2] is nothing else’s: no refresh token, no other key’s, no altered one passes for it', async () => {
    await begin()
    await browser.signIn(websiteAppId, liHua)
    const cookie = browser.cookies.get('kaimen') ?? ''
    const ring = readKeyRing(testSecret)
    const other = readKeyRing(randomBytes(36).toString('base64url'))
    if (typeof ring === 'string' || typeof other === 'string') throw new Error('no ring')
    const refresh = mintRefreshToken(ring, { session_id: 1, generation: 0 })
    const flipped = cookie.slice(0, 10) + (cookie[10] === 'A' ? 'B' : 'A') + cookie.slice(11)
    for (const value of [
      '',
      'kmw_',
      refresh,
      refresh.replace('kmr_', 'kmw_'),
      mintWebSession(other, 1),
      flipped,
      `${cookie}A`,
      cookie.replace('kmw_', 'KMW_'),
    ]) {
      browser.cookies.set('kaimen', value)
      expect(answer(await me())).toEqual([401, 'token_invalid'])
    }
    expect(answer(await world.send('GET', '/v1/me', { token: cookie }))).toEqual([
      401,
      'token_invalid',
    ])
    const json = { grant_type: 'refresh_token', refresh_token: cookie }
    expect(answer(await world.send('POST', '/v1/token', { json }))).toEqual([401, 'token_invalid'])
  })

  it('counts as none where it comes twice', async () => {
    await begin()
    await browser.signIn(websiteAppId, liHua)
    const cookie = `kaimen=${browser.cookies.get('kaimen')}`
    const reply = await world.send('GET', '/v1/me', { headers: { cookie: `${cookie}; ${cookie}` } })
    expect(answer(reply)).toEqual([401, 'token_invalid'])
  })
})

describe('requests by cookie', () => {
  beforeEach(async () => {
    await begin()
    await browser.signIn(websiteAppId, liHua)
  })

  it.each([
    ['a page of ours', shop, 'same-site'],
    ['the server’s own page', 'http://kaimen.test', 'same-origin'],
    ['an older browser', shop, null],
    ['a browser that leaves Origin out at home', null, 'same-origin'],
  ])('[WB-2] of %s count', async (_, origin, site) => {
    const json = { nickname: 'Lily' }
    expect(answer(await browser.ask('POST', '/v1/me', { json, origin, site }))).toEqual([200, 'ok'])
    expect(answer(await me(browser, { origin, site }))).toEqual([200, 'ok'])
  })

  it.each([
    ['of another site', 'https://evil.test', 'cross-site'],
    ['of another sub-domain', 'http://evil.kaimen.test', 'same-site'],
    ['of no page', null, null],
    ['of a sandbox', 'null', 'cross-site'],
    ['that leaves Origin out and is not at home', null, 'same-site'],
    ['of what only looks like ours', `${shop}.evil.test`, 'cross-site'],
    ['of ours without TLS or with', 'https://shop.kaimen.test', 'cross-site'],
  ])('[WB-2] %s change nothing', async (_, origin, site) => {
    const before = (await me()).text
    const writes = [
      ['POST', '/v1/me', { nickname: 'Mallory' }],
      ['PATCH', '/v1/me', { nickname: 'Mallory' }],
      ['DELETE', '/v1/me', undefined],
      ['DELETE', '/v1/me/sessions?others=true', undefined],
      ['POST', '/v1/web/token', undefined],
      ['POST', '/v1/web/sign-out', {}],
      ['PUT', '/v1/me/password', { password: 'violet anvil monsoon' }],
    ] as const
    for (const [method, path, json] of writes) {
      const reply = await browser.ask(method, path, { json, origin, site })
      expect(answer(reply)).toEqual([403, 'origin_refused'])
      expect(reply.headers.get('access-control-allow-origin')).toBe(null)
    }
    expect((await me()).text).toBe(before)
  })

  it('[WB-2] that only read are refused to other sites as well, and a link from anywhere is not', async () => {
    expect(answer(await me(browser, { site: 'cross-site' }))).toEqual([403, 'origin_refused'])
    expect(answer(await me(browser, { site: 'none' }))).toEqual([200, 'ok'])
  })

  it('mean the bearer, where one is sent, whoever the cookie is', async () => {
    const { access_token, user } = await world.signIn({ person: wangFang })
    const headers = { authorization: `Bearer ${access_token}` }
    const asked = { headers, origin: 'https://evil.test', site: 'cross-site' }
    expect((await me(browser, asked)).body['id']).toBe(user.id)
    const broken = { headers: { authorization: 'Bearer nonsense' } }
    expect(answer(await me(browser, broken))).toEqual([401, 'token_invalid'])
  })

  it('are readable for pages of ours, with a preflight, and for no others', async () => {
    const asks = {
      origin: shop,
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'content-type,if-match',
    }
    const preflight = await world.send('OPTIONS', '/v1/me/preferences', { headers: asks })
    expect(preflight.status).toBe(204)
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      'access-control-allow-origin': shop,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers': 'authorization, content-type, idempotency-key, if-match',
      vary: 'Origin',
    })
    const read = await me(browser, { origin: shop, site: 'same-site' })
    expect(read.headers.get('access-control-allow-origin')).toBe(shop)
    expect(read.headers.get('vary')).toContain('Origin')

    const evil = { ...asks, origin: 'https://evil.test' }
    const refused = await world.send('OPTIONS', '/v1/me', { headers: evil })
    expect(refused.status).toBe(405)
    expect(refused.headers.get('access-control-allow-origin')).toBe(null)
  })
})

describe('POST /v1/web/token', () => {
  beforeEach(async () => {
    await begin()
  })

  it('gives an access token that every back end can check, and nothing that renews it', async () => {
    await browser.signIn(serviceAppId, liHua)
    const { status, body } = await browser.ask('POST', '/v1/web/token')
    expect(status).toBe(200)
    expect(Object.keys(body).sort()).toEqual(
      ['access_token', 'expires_in', 'session_id', 'token_type', 'user'].sort(),
    )
    const reply = await world.send('GET', '/v1/me', { token: String(body['access_token']) })
    expect(reply.body['id']).toBe((body['user'] as { id: string }).id)
  })

  it('is refused without a cookie, after a sign-out, and to who was disabled', async () => {
    expect(answer(await browser.ask('POST', '/v1/web/token'))).toEqual([401, 'token_invalid'])
    await browser.signIn(websiteAppId, liHua)
    const cookie = browser.cookies.get('kaimen') ?? ''
    await browser.ask('POST', '/v1/web/sign-out', { json: {} })
    browser.cookies.set('kaimen', cookie)
    expect(answer(await browser.ask('POST', '/v1/web/token'))).toEqual([401, 'session_ended'])
    await browser.signIn(websiteAppId, liHua)
    await world.auth.users.disable(((await me()).body as { id: string }).id)
    expect(answer(await browser.ask('POST', '/v1/web/token'))).toEqual([403, 'user_disabled'])
    expect(await who()).toBe(null)
  })

  it('moves the session on once for parallel tabs, and signs none of them out', async () => {
    await browser.signIn(websiteAppId, liHua)
    world.clock.advance(dayMs)
    const tabs = await Promise.all(
      Array.from({ length: 20 }, () => browser.ask('POST', '/v1/web/token')),
    )
    expect(new Set(tabs.map(({ status }) => status))).toEqual(new Set([200]))
    const [session] = (await browser.ask('GET', '/v1/me/sessions')).body['sessions'] as unknown[]
    expect(session).toMatchObject({
      current: true,
      device: { model: 'Chrome', system: 'Windows' },
      last_seen_at: new Date(world.clock.now()).toISOString(),
    })
  })
})

describe('the cookie, at a back end that renders pages', () => {
  it('[OA-1] is introspected as what it is, as long as the session lasts', async () => {
    await begin()
    await browser.signIn(websiteAppId, liHua)
    const { secret } = await world.auth.credentials.create({ name: 'shop', scopes: ['introspect'] })
    const json = { token: browser.cookies.get('kaimen') }
    const ask = () => world.send('POST', '/v1/introspect', { json, token: secret.reveal() })
    const user = (await who()) as { id: string }
    expect((await ask()).body).toMatchObject({
      active: true,
      token_type: 'web_session',
      sub: user.id,
      client_id: websiteAppId,
    })
    await world.auth.users.disable(user.id)
    expect((await ask()).body).toEqual({ active: false })
  })
})

describe('signing out', () => {
  beforeEach(async () => {
    await begin()
  })

  it('ends the session of this browser, and takes its cookie', async () => {
    await browser.signIn(websiteAppId, liHua)
    const other = openWebBrowser(world)
    await other.signIn(websiteAppId, liHua)
    const reply = await browser.ask('POST', '/v1/web/sign-out', { json: {} })
    expect(answer(reply)).toEqual([200, 'ok'])
    expect(browser.cookies.has('kaimen')).toBe(false)
    expect([await who(), (await who(other)) !== null]).toEqual([null, true])
    expect(answer(await browser.ask('POST', '/v1/web/sign-out', { json: {} }))).toEqual([200, 'ok'])
  })

  it('everywhere ends the phone’s session too', async () => {
    const phone = await world.signIn({ person: liHua })
    await browser.signIn(websiteAppId, liHua)
    const other = openWebBrowser(world)
    await other.signIn(serviceAppId, liHua)
    await browser.ask('POST', '/v1/web/sign-out', { json: { everywhere: true } })
    expect([await who(), await who(other)]).toEqual([null, null])
    const { access_token: token } = phone
    expect(answer(await world.send('GET', '/v1/me', { token }))).toEqual([401, 'session_ended'])
  })

  it('everywhere does not work by a cookie that was kept', async () => {
    await browser.signIn(websiteAppId, liHua)
    const kept = browser.cookies.get('kaimen') ?? ''
    await browser.ask('POST', '/v1/web/sign-out', { json: {} })
    const phone = await world.signIn({ person: liHua })
    browser.cookies.set('kaimen', kept)
    await browser.ask('POST', '/v1/web/sign-out', { json: { everywhere: true } })
    expect((await world.send('GET', '/v1/me', { token: phone.access_token })).status).toBe(200)
  })

  it('comes by itself when somebody signs in in the same browser', async () => {
    await browser.signIn(websiteAppId, liHua)
    const before = browser.cookies.get('kaimen') ?? ''
    await browser.signIn(websiteAppId, wangFang)
    const kept = openWebBrowser(world)
    kept.cookies.set('kaimen', before)
    expect(answer(await me(kept))).toEqual([401, 'session_ended'])
    expect(await who()).not.toBe(null)
  })
})

describe('behind a proxy', () => {
  it.each([
    ['leaves', '/auth'],
    ['cuts off', ''],
  ])('that %s the path of publicUrl everything works', async (_, prefix) => {
    await begin({ publicUrl: 'http://kaimen.test/auth' })
    const begun = await browser.open(`${prefix}/v1/web/${websiteAppId}/start?return_to=/cart`)
    const location = begun.headers.get('location') ?? ''
    expect(location).toContain(encodeURIComponent('http://kaimen.test/auth/v1/web/'))
    const path = await browser.decide(location, liHua)
    expect(path).toMatch(/^\/auth\/v1\/web\//)
    const reply = await browser.open(prefix + path.slice('/auth'.length))
    expect(reply.headers.get('location')).toBe(`${shop}/cart#`)
    expect((await browser.ask('GET', `${prefix}/v1/me`)).status).toBe(200)
    expect((await browser.ask('GET', `${prefix}/x/v1/me`)).status).toBe(404)
  })
})
