import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { failureOf } from '../support/failure-of.ts'
import { apiUrl, openBrowser, type Browser } from './support/many-tabs.ts'
import { authUrl, liHua, serviceAccount, website } from './support/servers.ts'

let browser: Browser
beforeEach(async () => {
  browser = await openBrowser()
  await browser.signIn(liHua.id)
})
afterEach(() => browser.close())

const inWechat = 'Mozilla/5.0 (Linux; Android 15) MicroMessenger/8.0.50'

describe('a request', () => {
  it('to Kaimen goes with the cookie, and without a token', async () => {
    const { client } = browser.open()
    const { statusCode, data, header } = await browser.settle(
      client.request({ url: '/v1/me', header: { 'X-Page': '1' } }),
    )
    expect([statusCode, data]).toEqual([200, client.user])
    expect(header['content-type']).toMatch(/json/)
    expect(browser.calls.at(-1)).toMatchObject({
      path: '/v1/me',
      authorization: null,
      cookie: expect.stringContaining('kaimen=kmw_'),
    })
  })

  it('to a back end goes with a token, and without the cookie', async () => {
    const { client } = browser.open()
    await browser.settle(
      client.request({ url: `${apiUrl}/orders`, method: 'post', data: { n: 1 } }),
    )
    expect(browser.calls.at(-1)).toMatchObject({
      method: 'POST',
      path: '/orders',
      authorization: expect.stringMatching(/^Bearer ey/),
      cookie: null,
    })
  })

  it.each([
    'https://elsewhere.example/',
    'http://api.shop.test/orders',
    'https://api.shop.test.elsewhere.example/',
    'https://api.shop.test@elsewhere.example/',
    'javascript:alert(1)',
    `${authUrl}@elsewhere.example/v1/me`,
  ])('goes nowhere else: not to %s', async (url) => {
    const { client } = browser.open()
    expect(await failureOf(client.request({ url }))).toMatchObject({
      code: 'options_invalid',
      action: 'fix_config',
    })
    await browser.pass(100)
    expect(browser.calls.map(({ path }) => path)).toEqual(['/v1/web/session'])
  })

  it('below a prefix goes with the cookie, and beside it, on the same host, with a token', async () => {
    const { client } = browser.open({ baseUrl: `${authUrl}/auth/`, apiOrigins: [authUrl] })
    await browser.pass(100)
    await browser.settle(client.request({ url: '/v1/me' }))
    expect(browser.calls.at(-1)).toMatchObject({
      path: '/auth/v1/me',
      cookie: expect.stringContaining('kaimen='),
    })
    const count = browser.calls.length
    await failureOf(browser.settle(client.request({ url: `${authUrl}/auth/../orders` })))
    await failureOf(browser.settle(client.request({ url: `${authUrl}/authors` })))
    const later = browser.calls.slice(count)
    expect(later.filter(({ path }) => !path.includes('/v1/web/'))).toEqual([])
  })

  it('with GET carries an object as the query, otherwise as JSON', async () => {
    const { client } = browser.open()
    browser.shopAnswer = ({ query }) => Response.json({ query })
    const sent = browser.settle(
      client.request({ url: `${apiUrl}/find?page=1`, data: { q: '开门', page: 2 } }),
    )
    expect(await sent).toMatchObject({
      statusCode: 200,
      data: { query: '?page=2&q=%E5%BC%80%E9%97%A8' },
    })
  })

  it('gives back text where the reply is no JSON, whatever its status', async () => {
    const { client } = browser.open()
    browser.shopAnswer = () => new Response('<h1>no</h1>', { status: 502 })
    expect(await browser.settle(client.request({ url: `${apiUrl}/orders` }))).toMatchObject({
      statusCode: 502,
      data: '<h1>no</h1>',
    })
  })

  it('follows no redirect: an older browser would take the token along', async () => {
    const { client } = browser.open()
    browser.shopAnswer = () =>
      Object.defineProperty(new Response(null, { status: 200 }), 'type', {
        value: 'opaqueredirect',
      })
    const failure = await failureOf(browser.settle(client.request({ url: `${apiUrl}/orders` })))
    expect(failure).toMatchObject({ code: 'options_invalid' })
    expect(failure.message).toContain('redirect')
  })

  it('ends after its time', async () => {
    const { client } = browser.open()
    await browser.settle(client.ready)
    browser.delay = () => 60_000
    const asked = client.request({ url: '/v1/me', timeout: 500 })
    expect(await failureOf(browser.settle(asked))).toMatchObject({ code: 'timeout' })
  })
})

describe('signIn', () => {
  it.each([
    ['the website', 'Mozilla/5.0 (Windows NT 10.0) Chrome/150.0', website],
    ['the service account inside WeChat', inWechat, serviceAccount],
    ['the website inside a mini program', `${inWechat} miniProgram`, website],
    ['the website inside WeCom', `${inWechat} wxwork/4.1`, website],
  ])('goes to %s', (_, userAgent, { appid }) => {
    const apps = { website: website.appid, service_account: serviceAccount.appid }
    const { client, gone } = browser.open({ userAgent, apps })
    void client.signIn()
    const here = encodeURIComponent('http://shop.kaimen.test/cart?item=1#top')
    expect(gone).toEqual([`${authUrl}/v1/web/${appid}/start?return_to=${here}`])
  })

  it('goes where it is told, for what it is told, and back to where it is told', () => {
    const { client, gone } = browser.open()
    void client.signIn({ app_id: 'wx/1', scope: 'snsapi_userinfo', returnTo: '/done?a=1' })
    const back = encodeURIComponent('http://shop.kaimen.test/done?a=1')
    expect(gone).toEqual([`${authUrl}/v1/web/wx%2F1/start?return_to=${back}&scope=snsapi_userinfo`])
  })

  it('says which app is missing', async () => {
    const failure = await failureOf(browser.open({ userAgent: inWechat }).client.signIn())
    expect(failure).toMatchObject({ code: 'options_invalid' })
    expect(failure.message).toContain('apps.service_account')
  })
})

describe('createWebClient', () => {
  it.each([
    [{ baseUrl: 'auth.example.com' }],
    [{ baseUrl: '/auth' }],
    [{ apiOrigins: ['https://api.example.com', 'api.example.com'] }],
  ])('refuses %j', (options) => {
    expect(() => browser.open(options)).toThrow(
      expect.objectContaining({ code: 'options_invalid' }),
    )
  })
})
