import type { BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { lacksChromium, openBrowser, type Browser } from '../../../../tools/support/browser.ts'
import type { AuthError } from '../../src/web/index.ts'
import { openSite, type Site } from './support/page.ts'
import { liHua, wangFang } from './support/servers.ts'

describe.skipIf(lacksChromium)('in a real browser', () => {
  let browser: Browser
  let site: Site
  beforeAll(async () => {
    ;[browser, site] = await Promise.all([openBrowser(), openSite()])
  })
  afterAll(async () => {
    await browser.close()
    await site.close()
  })
  afterEach(() => browser.closeWindows())

  async function openTab(person: BrowserContext, query = ''): Promise<Page> {
    const page = await person.newPage()
    await page.goto(`${site.pageUrl}/${query}`)
    await page.waitForFunction(() => window.auth?.user !== undefined)
    return page
  }

  const userOf = (page: Page): Promise<string | null> =>
    page.evaluate(() => window.auth.user?.id ?? null)
  const order = (page: Page) =>
    page.evaluate(
      async (url) => (await window.auth.request<{ sub: string }>({ url })).data.sub,
      `${site.apiUrl}/orders`,
    )

  /** On WeChat's page, or in a frame of it. */
  async function decide(page: Pick<Page, 'locator'>, person: string, decision: string) {
    await page.locator(`input[value="${person}"]`).check()
    await page.locator(`button[value="${decision}"]`).click()
  }

  async function signIn(page: Page, person: string = liHua.id): Promise<string | null> {
    await page.evaluate(() => void window.auth.signIn())
    await page.waitForURL(`${site.servers.emulatorUrl}/**`)
    await decide(page, person, 'allow')
    await page.waitForURL(`${site.pageUrl}/**`)
    await page.waitForFunction(() => window.auth?.user)
    return await userOf(page)
  }

  describe('three tabs', () => {
    it('share one user and one refresh, and are signed out together', async () => {
      const person = await browser.openWindow()
      const first = await openTab(person)
      expect(await userOf(first)).toBeNull()
      const tabs = [first, await openTab(person), await openTab(person)]
      const id = await signIn(first)
      for (const tab of tabs) await tab.waitForFunction(() => window.auth.user)
      expect(await Promise.all(tabs.map(userOf))).toEqual([id, id, id])

      site.takeCalls()
      const subs = await Promise.all([...tabs, ...tabs].map(order))
      expect(new Set(subs).size).toBe(1)
      expect(site.takeCalls()).toEqual(['POST /v1/web/token'])

      const late = await openTab(person)
      await order(late)
      expect(site.takeCalls()).toEqual(['GET /v1/web/session'])

      await tabs[1]?.evaluate(() => window.auth.signOut())
      for (const tab of [...tabs, late]) await tab.waitForFunction(() => window.auth.user === null)
      expect(site.takeCalls()).toEqual(['OPTIONS /v1/web/sign-out', 'POST /v1/web/sign-out'])
      expect(await person.cookies()).not.toContainEqual(expect.objectContaining({ name: 'kaimen' }))
    })

    it('keep nothing where a script that comes later could find it', async () => {
      const person = await browser.openWindow()
      const page = await openTab(person)
      await signIn(page)
      await order(page)
      const kept = await page.evaluate(() => [
        localStorage.length,
        sessionStorage.length,
        document.cookie,
      ])
      expect(kept).toEqual([0, 0, ''])
    })
  })

  describe('WeChat’s code in a frame', () => {
    const embed = (page: Page) =>
      page.evaluate(() => {
        const element = document.querySelector('main')
        if (!element) throw new Error('there is no main')
        const result = window.auth.signIn({ embed: element })
        Object.assign(window, {
          embedded: result.then(
            ({ id }) => id,
            ({ code, message }: AuthError) => [code, message],
          ),
        })
      })
    const outcome = (page: Page) => page.evaluate('embedded')
    const frameOf = (page: Page) => page.frameLocator('main iframe')

    it('signs in without leaving the page', async () => {
      const page = await openTab(await browser.openWindow())
      await embed(page)
      expect(await page.locator('main iframe').getAttribute('title')).toBe('微信登录')
      await decide(frameOf(page), liHua.id, 'allow')
      expect(await outcome(page)).toBe(await userOf(page))
      expect(await page.locator('iframe').count()).toBe(0)
      expect(page.url()).toBe(`${site.pageUrl}/`)
    })

    it('says in the person’s words that they refused, and can be asked again', async () => {
      const page = await openTab(await browser.openWindow())
      await embed(page)
      await decide(frameOf(page), liHua.id, 'refuse')
      expect(await outcome(page)).toEqual(['authorization_refused', expect.stringMatching(/./)])
      expect(await userOf(page)).toBeNull()
      await embed(page)
      await decide(frameOf(page), liHua.id, 'allow')
      expect(await outcome(page)).toBe(await userOf(page))
      expect(await page.locator('iframe').count()).toBe(0)
    })

    it('goes when the person thought better of it', async () => {
      const page = await openTab(await browser.openWindow())
      const codes = await page.evaluate(async () => {
        const element = document.querySelector('main')
        if (!element) throw new Error('there is no main')
        const codeOf = ({ code }: AuthError) => code
        const change = new AbortController()
        const first = window.auth.signIn({ embed: element, signal: change.signal })
        change.abort()
        const second = window.auth.signIn({ embed: element, signal: change.signal })
        return [
          await first.then(() => 'in', codeOf),
          await second.then(() => 'in', codeOf),
          element.children.length,
        ]
      })
      expect(codes).toEqual(['cancelled', 'cancelled', 0])
    })

    it('believes nobody but that frame, from that server', async () => {
      const page = await openTab(await browser.openWindow())
      await embed(page)
      await frameOf(page).locator('form').waitFor()
      // Of the page’s own origin, and from another window than the frame.
      await page.evaluate(() => window.postMessage({ type: 'kaimen:signed_in' }, '*'))
      // Of the frame, but WeChat’s page in it.
      await frameOf(page)
        .locator('form')
        .evaluate(() => window.parent.postMessage({ type: 'kaimen:signed_in' }, '*'))
      // Of that server, but in a frame of its own.
      const other = await page.evaluateHandle((url) => {
        const frame = document.createElement('iframe')
        frame.src = url
        document.body.append(frame)
        return frame
      }, `${site.authUrl}/healthz`)
      const inside = await other.contentFrame()
      await inside?.waitForURL(/healthz/)
      await inside?.evaluate(() => window.parent.postMessage({ type: 'kaimen:signed_in' }, '*'))
      await page.waitForTimeout(200)
      expect(await page.locator('main iframe').count()).toBe(1)
      await page.evaluate(() => window.auth.close())
      expect(await outcome(page)).toEqual(['cancelled', '已取消'])
      expect(await page.locator('main iframe').count()).toBe(0)
    })
  })

  describe('a scan', () => {
    async function show(page: Page): Promise<Locator> {
      await page.evaluate(() => {
        const element = document.querySelector('main')
        if (!element) throw new Error('there is no main')
        const { done } = window.auth.scan(element)
        Object.assign(window, { done: done.then(({ id }) => id) })
      })
      const section = page.locator('main section')
      await section.locator('img').waitFor()
      await page.waitForFunction(() => {
        const image = document.querySelector('main > div')?.shadowRoot?.querySelector('img')
        return image?.complete && image.naturalWidth > 0
      })
      return section
    }
    const status = (section: Locator) => section.getByRole('status')
    const says = async (section: Locator, words: string) => {
      await section
        .page()
        .waitForFunction(
          (expected) =>
            document
              .querySelector('main > div')
              ?.shadowRoot?.querySelector('[role=status]')
              ?.textContent?.includes(expected),
          words,
        )
      expect(await status(section).textContent()).toContain(words)
    }
    /** By what is on the screen alone. */
    const scan = async (section: Locator, person = liHua.id) =>
      await site.servers.scan(person, await section.locator('img').screenshot({ scale: 'css' }))

    it.each(['light', 'dark'] as const)(
      '[OA-6] signs in by what a phone sees on a %s screen, and tells of each state',
      async (colorScheme) => {
        const person = await browser.openWindow({ colorScheme })
        const page = await openTab(person)
        const other = await openTab(person)
        const section = await show(page)
        await says(section, '请用微信扫码登录')
        const phone = await scan(section)
        expect(await phone.claim()).toBe(200)
        await says(section, '已扫码，请在手机上确认')
        site.takeCalls()
        expect(await phone.approve()).toBe(200)
        await says(section, '已登录')
        expect(await page.evaluate('done')).toBe(await userOf(page))
        await other.waitForFunction(() => window.auth.user)
        // Told by the server, and asked once for the session.
        expect(site.takeCalls().filter((call) => /^GET .*scan/.test(call))).toHaveLength(1)
      },
    )

    it('that was refused or has expired gives way to a new one, by keyboard too', async () => {
      const page = await openTab(await browser.openWindow(), '?lang=en')
      const section = await show(page)
      const phone = await scan(section)
      await phone.claim()
      await phone.reject()
      await says(section, 'Refused on the phone')
      const focused = () =>
        page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.tagName)
      await page.keyboard.press('Tab')
      expect(await focused()).toBe('BUTTON')
      await page.keyboard.press('Enter')
      expect(await focused()).toBe('SECTION')
      await says(section, 'Scan with WeChat to sign in')
      await section.getByRole('button').waitFor({ state: 'hidden' })
      site.advance(121_000)
      await says(section, 'The code has expired')
      await section.getByRole('button').click()
      await says(section, 'Scan with WeChat to sign in')
      const next = await scan(section, wangFang.id)
      expect(await next.claim()).toBe(200)
      expect(await next.approve()).toBe(200)
      await says(section, 'Signed in')
    })

    it('goes on by asking where server-sent events do not get through', async () => {
      const person = await browser.openWindow({ expects: [/ERR_FAILED/] })
      await person.route(`${site.authUrl}/v1/scan/*`, (route, request) =>
        request.headers()['accept'] === 'text/event-stream' ? route.abort() : route.fallback(),
      )
      const page = await openTab(person)
      const section = await show(page)
      const phone = await scan(section)
      await phone.claim()
      await says(section, '已扫码')
      await phone.approve()
      await says(section, '已登录')
      expect(await page.evaluate('done')).toBe(await userOf(page))
    })

    it('says why there is no picture, and how to go on', async () => {
      const person = await browser.openWindow({ expects: [/429/] })
      const page = await openTab(person)
      await site.servers.control('POST', '/emulator/faults', {
        path: '/wxa/getwxacodeunlimit',
        fault: 'errcode',
        errcode: 45009,
        times: 2,
      })
      await page.evaluate(() => {
        const element = document.querySelector('main')
        if (element) window.auth.scan(element)
      })
      const section = page.locator('main section')
      await says(section, '太频繁')
      expect(await section.getAttribute('class')).toBe('failed')
      await section.getByRole('button').click()
      await says(section, '请用微信扫码登录')
    })

    it('is gone when it is closed, and another takes its place in the same element', async () => {
      const page = await openTab(await browser.openWindow())
      const closed = await page.evaluate(async () => {
        const element = document.querySelector('main')
        if (!element) throw new Error('there is no main')
        const first = window.auth.scan(element)
        const second = window.auth.scan(element)
        const codes = [await first.done.catch(({ code }) => code as string)]
        const count = element.children.length
        second.close()
        codes.push(await second.done.catch(({ code }) => code as string))
        return [codes, count, element.children.length]
      })
      expect(closed).toEqual([['cancelled', 'cancelled'], 1, 0])
    })
  })
})
