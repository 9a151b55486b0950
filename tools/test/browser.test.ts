import { createServer, type Server } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { lacksChromium, openBrowser, type Browser } from '../support/browser.ts'

describe.skipIf(lacksChromium)('a browser for tests', () => {
  let browser: Browser
  let server: Server
  let url: string

  beforeAll(async () => {
    browser = await openBrowser()
    server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://x')
      response.writeHead(pathname === '/' ? 200 : 404, {
        'content-type': 'text/html; charset=utf-8',
        'set-cookie': 'seen=yes',
        'content-security-policy': searchParams.get('csp') ?? '',
      })
      response.end(
        `<title>${request.headers.cookie ?? 'new'}</title>${searchParams.get('html') ?? ''}`,
      )
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => void server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    url = `http://127.0.0.1:${port}`
  })
  afterAll(async () => {
    server.close()
    await browser.close()
  })
  afterEach(() => browser.closeWindows().catch(() => {}))

  const addressOf = (html: string, csp = '') =>
    `${url}/?${new URLSearchParams({ html, csp }).toString()}`

  it('opens windows that share nothing', async () => {
    const [first, second] = [await browser.openWindow(), await browser.openWindow()]
    const page = await first.newPage()
    await page.goto(addressOf(''))
    await page.reload()
    expect(await page.title()).toBe('seen=yes')
    const other = await second.newPage()
    await other.goto(addressOf(''))
    expect(await other.title()).toBe('new')
    await browser.closeWindows()
    expect(first.pages()).toEqual([])
  })

  it.each([
    ['an error in its console', '<script>console.error("oh no")</script>', '', 'oh no'],
    ['an uncaught error', '<script>throw new Error("oh no")</script>', '', 'oh no'],
    ['a forgotten rejection', '<script>Promise.reject(new Error("oh no"))</script>', '', 'oh no'],
    ['something missing', '<img src="/missing">', '', '404'],
    ['what its policy forbids', '<img src="/?">', "img-src 'none'", 'Content Security Policy'],
    ['an error in a frame', '<iframe srcdoc="<script>oops()</script>"></iframe>', '', 'oops'],
  ])('fails the test for %s', async (_, html, csp, words) => {
    const page = await (await browser.openWindow()).newPage()
    await page.goto(addressOf(html, csp))
    await page.waitForLoadState('networkidle')
    await expect(browser.closeWindows()).rejects.toThrow(words)
    await browser.closeWindows()
  })

  it('lets an error pass that the test expects', async () => {
    const page = await (await browser.openWindow({ expects: [/404/] })).newPage()
    await page.goto(addressOf('<img src="/missing">'))
    await expect(browser.closeWindows()).resolves.toBeUndefined()
  })

  it('reaches nothing but this machine', async () => {
    const window = await browser.openWindow()
    const going = (await window.newPage()).goto('http://192.0.2.1/')
    await expect(going).rejects.toThrow('ERR_NAME_NOT_RESOLVED')
    await (await window.newPage()).goto(url.replace('127.0.0.1', 'localhost'))
    await (await window.newPage()).goto(url.replace('127.0.0.1', 'shop.localhost'))
  })
})
