// What a person does at the shop with a browser, and sees there.

import type { FrameLocator, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { openBrowser, type Browser } from '../../../../tools/support/browser.ts'
import { openShopWorld, type ShopWorld } from './shop-world.ts'

/** Of browsers as people have them. */
const agents = {
  computer:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  wechat:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.66(0x18004237) NetType/WIFI Language/zh_CN',
}

type WindowOptions = Parameters<Browser['openWindow']>[0]

/** For each test a world of its own; a page with an error in it fails the test. */
export function useShop() {
  let browser: Browser | undefined
  let world: ShopWorld | undefined
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser?.close())
  beforeEach(async () => {
    world = await openShopWorld()
  })
  afterEach(async () => {
    try {
      await browser?.closeWindows()
    } finally {
      await world?.close()
    }
  })
  return {
    get world(): ShopWorld {
      if (!world) throw new Error('the shop opens with each test')
      return world
    },
    /** A browser of somebody's own, at the shop. */
    async open(options: WindowOptions = {}): Promise<Page> {
      if (!browser) throw new Error('the browser opens with the first test')
      const usual = { userAgent: agents.computer, locale: 'zh-CN' }
      const window = await browser.openWindow(Object.assign(usual, options))
      const page = await window.newPage()
      await page.goto(this.world.url)
      return page
    },
    openInWechat(options: WindowOptions = {}): Promise<Page> {
      const phone = { userAgent: agents.wechat, viewport: { width: 390, height: 844 } }
      return this.open(Object.assign(phone, options))
    },
  }
}

/** It is on the screen, or soon will be. */
export async function expectToSee(what: Locator): Promise<void> {
  await what.waitFor()
}

/** Who is signed in, with orders and devices: nothing is on its way any more. */
export async function expectAccount(page: Page): Promise<void> {
  await page.locator('#who').waitFor()
  await page.locator('#no-orders, #orders li').filter({ visible: true }).first().waitFor()
  await page.locator('#devices li').first().waitFor()
}

/** The bar at the top of who is signed in is one line, and ends where the screen does. */
export async function expectBarToFit(page: Page): Promise<void> {
  const { width = 0 } = page.viewportSize() ?? {}
  for (const id of ['other-language', 'name', 'sign-out']) {
    const box = await page.locator(`#${id}`).boundingBox()
    if (!box) throw new Error(`#${id} is not on the screen`)
    expect(box.height).toBeLessThan(48)
    expect(box.x + box.width).toBeLessThanOrEqual(width)
  }
}

/** On WeChat's page, alone or in a frame: says who it is, and what they decide. */
export async function decide(
  page: Page | FrameLocator,
  nickname: string,
  decision: 'allow' | 'refuse' = 'allow',
): Promise<void> {
  await page.getByText(nickname).click()
  await page.locator(`button[value=${decision}]`).click()
}

/** To WeChat's own page with a code, from the dialog. */
export async function goToWechat(page: Page): Promise<void> {
  await page.locator('#sign-in').click()
  await page.locator('#redirect').click()
  await page.waitForURL('**/connect/qrconnect?**')
}

/** Signs in by WeChat's own page. */
export async function signIn(page: Page, nickname: string): Promise<void> {
  await goToWechat(page)
  await decide(page, nickname)
  await expectAccount(page)
}

export const nameOf = (page: Page): Promise<string> => page.locator('#name').innerText()

/** The user's id, as the page may learn it. */
export function userIdOf(page: Page, kaimen: string): Promise<unknown> {
  return page.evaluate(async (url) => {
    const reply = await fetch(`${url}/v1/web/session`, { credentials: 'include' })
    const { user } = (await reply.json()) as { user: { id: string } | null }
    return user?.id
  }, kaimen)
}

/** Everything that a script of the page can find. */
export function visibleToScripts(page: Page): Promise<string> {
  return page.evaluate(() =>
    JSON.stringify([
      document.cookie,
      Object.entries(localStorage),
      Object.entries(sessionStorage),
      location.href,
    ]),
  )
}
