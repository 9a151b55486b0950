import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { expectPages } from './support/web-pages.ts'
import {
  allowRedirects,
  openWebBrowser,
  serviceAppId,
  websiteAppId,
  type WebBrowser,
} from './support/web-browser.ts'
import {
  liHua,
  openAppId,
  openWorld,
  phoneAppId,
  wangFang,
  type Reply,
  type World,
  type WorldOptions,
} from './support/world.ts'

const shop = 'http://shop.kaimen.test'

let world: World
let browser: WebBrowser
afterEach(() => world.close())

async function begin(options: WorldOptions = {}) {
  world = await openWorld({
    sharedEphemeral: true,
    sharedClock: true,
    storeKind: 'sqlite',
    web: { origins: [shop] },
    ...options,
  })
  await allowRedirects(world)
  browser = openWebBrowser(world)
}

const location = (reply: Reply) => reply.headers.get('location') ?? ''
const start = (app_id: string, query: Record<string, string> = {}) =>
  browser.open(`/v1/web/${app_id}/start?${new URLSearchParams(query).toString()}`)
const who = async (one: WebBrowser) => {
  const { body } = await one.ask('GET', '/v1/web/session')
  return body['user'] as { id: string; nickname: string | null; avatar_url: string | null } | null
}
const switchOn = (app_id: string, switches: object) =>
  world.control('PATCH', `/emulator/apps/${app_id}`, switches)
const sessions = () => world.events.filter(({ kind }) => kind === 'signed_in').length

describe('a service account, inside WeChat', () => {
  beforeEach(() => begin())

  it('asks WeChat in its own order of parameters, with a state of 256 bits and its fragment', async () => {
    const reply = await start(serviceAppId, { return_to: `${shop}/cart?a=1` })
    expect(reply.status).toBe(303)
    expect(location(reply)).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/connect\/oauth2\/authorize\?appid=\w+&redirect_uri=http%3A%2F%2Fkaimen\.test%2Fv1%2Fweb%2F\w+%2Fcallback&response_type=code&scope=snsapi_base&state=[0-9a-f]{64}#wechat_redirect$/,
    )
    expect(reply.headers.get('cache-control')).toBe('no-store')
    expect(reply.headers.get('referrer-policy')).toBe('no-referrer')
  })

  it('is sent to WeChat’s own page, where no other is set', async () => {
    await world.close()
    await begin({ web: { openUrl: undefined } })
    expect(location(await start(serviceAppId))).toMatch(/^https:\/\/open\.weixin\.qq\.com\/connect/)
  })

  it('signs in and goes on to where the person was', async () => {
    const reply = await browser.signIn(serviceAppId, liHua, { return_to: `${shop}/cart?a=1#top` })
    expect([reply.status, location(reply)]).toEqual([303, `${shop}/cart?a=1#top`])
    expect((await who(browser))?.id).toMatch(/^usr_/)
  })

  it('asks who is new by the scope that tells a unionid, and nobody twice', async () => {
    const first = await start(serviceAppId)
    const again = await browser.open(await browser.decide(location(first), liHua))
    expect(again.status).toBe(303)
    expect(location(again)).toContain('scope=snsapi_userinfo&')
    expect(sessions()).toBe(0)
    await browser.open(await browser.decide(location(again), liHua))
    expect(sessions()).toBe(1)

    const second = await start(serviceAppId)
    const reply = await browser.open(await browser.decide(location(second), liHua))
    expect(location(reply)).toBe(`${shop}/#`)
    expect(sessions()).toBe(2)
  })

  it('takes nickname and picture over where they are empty, and copies the picture', async () => {
    await browser.signIn(serviceAppId, liHua)
    const user = await who(browser)
    expect(user?.nickname).toEqual(expect.any(String))
    const picture = await world.send('GET', new URL(user?.avatar_url ?? '').pathname)
    expect(picture.headers.get('content-type')).toMatch(/^image\//)

    await browser.ask('POST', '/v1/me', { json: { nickname: 'Mine' } })
    await browser.signIn(serviceAppId, liHua, { scope: 'snsapi_userinfo' })
    expect((await who(browser))?.nickname).toBe('Mine')
  })

  it('signs in too where the profile cannot be had', async () => {
    await world.control('POST', '/emulator/faults', { path: '/sns/userinfo', fault: 'reset' })
    await browser.signIn(serviceAppId, liHua)
    expect((await who(browser))?.nickname).toBe(null)
    expect(world.reports.map(([message]) => message)).toEqual([
      'WeChat’s nickname and picture were not taken over',
    ])
  })

  it('[OA-4] makes one session of the redirect that WeChat hits twice, at once or a moment later', async () => {
    await browser.signIn(serviceAppId, liHua)
    const begun = await start(serviceAppId)
    const path = await browser.decide(location(begun), liHua)
    const before = sessions()
    const replies = await Promise.all([browser.open(path), browser.open(path), browser.open(path)])
    replies.push(await browser.open(path))
    expect(replies.map(({ status }) => status)).toEqual([303, 303, 303, 303])
    const values = replies.map(({ headers }) => headers.getSetCookie().join())
    expect(new Set(values).size).toBe(1)
    expect(sessions()).toBe(before + 1)
  })

  it('refuses the visitor of a snapshot page, and makes nothing of the identity (R10)', async () => {
    await switchOn(serviceAppId, { snapshot_user: true })
    const reply = await browser.signIn(serviceAppId, liHua, { scope: 'snsapi_userinfo' })
    expectPages(reply, 403, 'snapshot_user')
    expect(await who(browser)).toBe(null)
    expect(world.events.map((event) => 'code' in event && event.code)).toEqual(['snapshot_user'])
  })

  it('tells whether a person follows the account, and since when, to them and to a back end', async () => {
    await browser.signIn(serviceAppId, liHua)
    const user = await who(browser)
    const path = `/v1/me/following/${serviceAppId}`
    expect((await browser.ask('GET', path)).body).toEqual({
      app_id: serviceAppId,
      follows: false,
      since: null,
    })
    await world.control('POST', '/emulator/follow', {
      appid: serviceAppId,
      person: liHua,
      follow: true,
    })
    const { secret } = await world.auth.credentials.create({ name: 'shop', scopes: ['users'] })
    const token = secret.reveal()
    const { body } = await world.send('GET', `/v1/users/${user?.id}/following/${serviceAppId}`, {
      token,
    })
    expect(body).toEqual({ app_id: serviceAppId, follows: true, since: expect.any(String) })
    expect(Date.parse(String(body['since']))).toBeLessThanOrEqual(world.clock.now())
    for (const app_id of [openAppId, websiteAppId, 'wxnone']) {
      const none = await browser.ask('GET', `/v1/me/following/${app_id}`)
      expect([none.status, none.body['code']]).toEqual([404, 'not_found'])
    }
  })
})

describe('a website, by WeChat’s QR code', () => {
  beforeEach(() => begin())

  it('signs in by the same callback', async () => {
    const begun = await start(websiteAppId)
    expect(location(begun)).toContain('/connect/qrconnect?')
    expect(location(begun)).toContain('scope=snsapi_login&')
    const reply = await browser.open(await browser.decide(location(begun), wangFang))
    expect([reply.status, location(reply)]).toEqual([303, `${shop}/#`])
    expect(await who(browser)).not.toBe(null)
  })

  it('stands in a frame of a page of ours, and tells that page alone how it went', async () => {
    const begun = await start(websiteAppId, { embed: 'true', return_to: `${shop}/account` })
    expect(location(begun)).toMatch(/&login_type=jssdk&self_redirect=true#wechat_redirect$/)
    const reply = await browser.open(await browser.decide(location(begun), liHua))
    expect(reply.status).toBe(200)
    expect(reply.headers.get('content-security-policy')).toContain(`frame-ancestors ${shop};`)
    expect(reply.text).toContain(`data-targets="${shop}"`)
    expect(reply.text).toContain('kaimen:signed_in')
    expect(await who(browser)).not.toBe(null)

    const again = await start(websiteAppId, { embed: 'true' })
    const path = await browser.decide(location(again), liHua, 'refuse')
    const refused = await browser.open(path)
    expect(refused.text).toContain('kaimen:failed')
    expect(refused.text).toContain('authorization_refused')
    // The page around it would wait for ever for what begins nothing, or is not known any more.
    const lost = [
      await start(websiteAppId, { embed: 'true', return_to: 'https://evil.test' }),
      await browser.open(`/v1/web/${websiteAppId}/callback?code=a`, {
        headers: { 'sec-fetch-dest': 'iframe' },
      }),
    ]
    for (const { text, headers } of lost) {
      expect(text).toContain('kaimen:failed')
      const origins = `http://kaimen.test ${shop}`
      expect(text).toContain(`data-targets="${origins}"`)
      expect(headers.get('content-security-policy')).toContain(`frame-ancestors ${origins};`)
    }
    // A frame is for the website's QR code only.
    expect((await start(serviceAppId, { embed: 'true' })).text).toContain('body_invalid')
  })
})

describe('one person', () => {
  beforeEach(() => begin())

  it('is one user by mini program, service account and website of one Open Platform account, and another by a mini program outside it', async () => {
    const { user } = await world.signIn({ person: liHua })
    await browser.signIn(serviceAppId, liHua)
    expect((await who(browser))?.id).toBe(user.id)
    const other = openWebBrowser(world)
    await other.signIn(websiteAppId, liHua)
    expect((await who(other))?.id).toBe(user.id)
    const { body } = await other.ask('GET', '/v1/me/identities')
    expect(body['identities']).toHaveLength(3)
    const third = openWebBrowser(world)
    await third.signIn(websiteAppId, wangFang)
    expect((await who(third))?.id).not.toBe(user.id)
  })

  it('becomes one user with the mini program outside once it is linked', async () => {
    await browser.signIn(websiteAppId, liHua)
    const code = await world.wxLogin(liHua, phoneAppId)
    const linked = await browser.ask('POST', '/v1/me/identities', {
      json: { app_id: phoneAppId, code },
    })
    expect(linked.status).toBe(200)
    const inside = await world.signIn({ person: liHua, app_id: phoneAppId })
    expect(inside.user.id).toBe((await who(browser))?.id)
  })
})

describe('an app that wants a phone', () => {
  it('lets in on web pages only who is known', async () => {
    await begin({
      apps: (seeded) => seeded.map((app) => ({ ...app, registration: appKind(app) })),
    })
    const reply = await browser.signIn(websiteAppId, liHua)
    expectPages(reply, 403, 'account_required')
    expect(await who(browser)).toBe(null)
    await world.signIn({ person: liHua })
    await browser.signIn(websiteAppId, liHua)
    expect(await who(browser)).not.toBe(null)
  })
  const appKind = ({ kind }: { kind?: string | undefined }) =>
    kind === 'website' ? ('phone' as const) : ('open' as const)
})

describe('a callback that is not right changes nothing', () => {
  beforeEach(() => begin())
  const expectNobody = async () => {
    expect(sessions()).toBe(0)
    expect(await who(browser)).toBe(null)
  }
  const callback = (query: Record<string, string>, app_id = websiteAppId) =>
    browser.open(`/v1/web/${app_id}/callback?${new URLSearchParams(query).toString()}`)

  it('[OA-4] without a state', async () => {
    expectPages(await callback({ code: 'abc' }), 400, 'state_missing')
    await expectNobody()
  })

  it('[OA-4] with a state that was never given', async () => {
    await start(websiteAppId)
    const state = '0'.repeat(64)
    expectPages(await callback({ code: 'abc', state }), 400, 'state_expired')
    expectPages(await callback({ code: 'abc', state: '<script>' }), 400, 'state_expired')
    await expectNobody()
  })

  it('[OA-4] in another browser, which uses nothing up', async () => {
    const begun = await start(websiteAppId)
    const path = await browser.decide(location(begun), liHua)
    const victim = openWebBrowser(world)
    expectPages(await victim.open(path), 403, 'state_foreign')
    const named = openWebBrowser(world)
    await named.open(`/v1/web/${websiteAppId}/start`)
    expectPages(await named.open(path), 403, 'state_foreign')
    expect((await world.control('GET', '/emulator/calls'))['calls']).toEqual([])
    await expectNobody()
  })

  it('[OA-4] after ten minutes, however much later', async () => {
    const begun = await start(websiteAppId)
    const path = await browser.decide(location(begun), liHua)
    world.clock.advance(10 * 60_000)
    expectPages(await browser.open(path), 400, 'state_expired')
    world.clock.advance(60 * 60_000)
    expectPages(await browser.open(path), 400, 'state_expired')
    await expectNobody()
  })

  it('with the state of another app', async () => {
    const begun = await start(websiteAppId)
    const state = new URL(location(begun)).searchParams.get('state') ?? ''
    expectPages(await callback({ code: 'abc', state }, serviceAppId), 400, 'state_expired')
    await expectNobody()
  })

  it('with a code of another app', async () => {
    const other = await start(serviceAppId, { scope: 'snsapi_userinfo' })
    const otherPath = await browser.decide(location(other), liHua)
    const code = new URL(otherPath, shop).searchParams.get('code') ?? ''
    const begun = await start(websiteAppId)
    const state = new URL(location(begun)).searchParams.get('state') ?? ''
    expectPages(await callback({ code, state }), 400, 'code_invalid')
    await expectNobody()
  })

  it('with what is no code at all, and WeChat is not asked', async () => {
    const begun = await start(websiteAppId)
    const state = new URL(location(begun)).searchParams.get('state') ?? ''
    expectPages(await callback({ code: 'a b"<', state }), 400, 'code_invalid')
    expect((await world.control('GET', '/emulator/calls'))['calls']).toEqual([])
    await expectNobody()
  })

  it('after the person refused, with a way to try again', async () => {
    const begun = await start(websiteAppId, { return_to: `${shop}/cart` })
    const reply = await browser.open(await browser.decide(location(begun), liHua, 'refuse'))
    expectPages(reply, 403, 'authorization_refused')
    expect(reply.text).toContain(`href="${shop}/cart"`)
    expect(reply.text).toContain(`/v1/web/${websiteAppId}/start?return_to=`)
    await expectNobody()
  })

  it('while WeChat is away, and may be tried again', async () => {
    const begun = await start(websiteAppId)
    const path = await browser.decide(location(begun), liHua)
    await world.control('POST', '/emulator/faults', {
      path: '/sns/oauth2/access_token',
      fault: 'html',
    })
    const reply = await browser.open(path)
    expectPages(reply, 503, 'wechat_unreachable')
    expect(reply.text).toContain('it is not your fault')
    expect(reply.text).not.toContain('Retry-After')
    expect(reply.headers.get('retry-after')).toMatch(/^\d+$/)
    await expectNobody()
  })

  it('of an app that there is not, or that has no web pages', async () => {
    for (const app_id of ['wxnone', openAppId]) {
      expectPages(await start(app_id), 400, 'app_unknown')
      expectPages(await callback({ state: 'a', code: 'b' }, app_id), 400, 'app_unknown')
    }
    await expectNobody()
  })
})

describe('whom the host does not admit', () => {
  it('is told so on a page, in the host’s words, and is nobody', async () => {
    const asked: unknown[] = []
    await begin({
      admit({ proof, user }) {
        asked.push([proof.kind, proof.app_id, user])
        return { refuse: { 'zh-CN': '仅限受邀用户。', en: 'By <invitation> only.' } }
      },
    })
    const reply = await browser.signIn(websiteAppId, liHua)
    expectPages(reply, 403, 'sign_in_refused')
    expect(reply.text).toContain('By &#60;invitation&#62; only.')
    expect(asked).toEqual([['web', websiteAppId, undefined]])
    expect([sessions(), await who(browser)]).toEqual([0, null])
  })
})

describe('a state that was used', () => {
  beforeEach(() => begin())

  it('[OA-4] signs nobody in with another code, nor with the same one a minute later', async () => {
    const begun = await start(websiteAppId)
    const path = await browser.decide(location(begun), liHua)
    await browser.open(path)
    const other = new URL(path, shop)
    other.searchParams.set('code', '0'.repeat(32))
    expectPages(await browser.open(other.pathname + other.search), 400, 'state_used')
    world.clock.advance(60_000)
    expectPages(await browser.open(path), 400, 'state_used')
    expect(sessions()).toBe(1)
  })
})

describe('return_to', () => {
  beforeEach(() => begin())

  it.each([
    ['https://evil.test/'],
    ['http://shop.kaimen.test.evil.test/'],
    ['http://shop.kaimen.test@evil.test/'],
    ['http://user:pass@shop.kaimen.test/'],
    ['http://shop.kaimen.test:81/'],
    ['https://shop.kaimen.test/'],
    ['//evil.test/'],
    ['/\\evil.test/'],
    ['\\\\evil.test/'],
    ['/\t/evil.test/'],
    ['/\n/evil.test'],
    ['javascript:alert(1)'],
    ['JavaScript://shop.kaimen.test/%0aalert(1)'],
    ['data:text/html,x'],
    ['http:evil.test'],
    ['http:///evil.test'],
    ['http://shop.kaimen.test\\@evil.test/'],
    ['http://shop.kaimen.test%2f@evil.test/'],
    ['cart'],
    [''],
    [' /cart'],
    [`/${'a'.repeat(2048)}`],
  ])('%j is refused, and nothing begins', async (return_to) => {
    const reply = await start(websiteAppId, { return_to })
    expectPages(reply, 400, 'return_to_invalid')
    expect(location(reply)).toBe('')
    expect(browser.cookies.size).toBe(0)
  })

  it.each([
    ['/cart', `${shop}/cart`],
    ['/%2f%2fevil.test', `${shop}/%2f%2fevil.test`],
    ['/..//evil.test', `${shop}//evil.test`],
    [`${shop}/a b`.replace(' ', '%20'), `${shop}/a%20b`],
    ['http://kaimen.test/own', 'http://kaimen.test/own'],
    ['http://SHOP.kaimen.test:80/x', `${shop}/x`],
  ])('%j comes back as %s', async (return_to, expected) => {
    const reply = await browser.signIn(websiteAppId, liHua, { return_to })
    expect(location(reply)).toBe(`${expected}#`)
  })

  it('keeps its own fragment, or has an empty one: a browser would carry on that of WeChat’s address', async () => {
    const arrive = async (return_to: string) =>
      location(await browser.signIn(websiteAppId, liHua, { return_to }))
    expect(await arrive('/cart#/paid')).toBe(`${shop}/cart#/paid`)
    expect(await arrive('/cart')).toBe(`${shop}/cart#`)
  })
})

describe('what a page says', () => {
  beforeEach(() => begin())

  it('is in the person’s language, and a problem where a program asks', async () => {
    const path = `/v1/web/${websiteAppId}/callback`
    const chinese = await browser.open(path, { language: 'zh-CN' })
    expect(chinese.text).toContain('登录请求不完整')
    expect(chinese.text).toContain('<html lang="zh-CN">')
    const problem = await browser.open(path, { headers: { accept: 'application/json' } })
    expect(problem.headers.get('content-type')).toContain('application/problem+json')
    expect(problem.body['code']).toBe('state_missing')
  })
})
