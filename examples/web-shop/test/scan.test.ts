import type { Locator, Page } from 'playwright-core'
import { afterEach, describe, expect, it } from 'vitest'
import { lacksChromium } from '../../../tools/support/browser.ts'
import { baseUrl } from '../../mini-program/miniprogram/config.js'
import {
  startMiniProgram,
  type MiniProgram,
  type OpenPage,
} from '../../mini-program/test/support/mini-program.ts'
import {
  expectAccount,
  expectBarToFit,
  expectToSee,
  userIdOf,
  useShop,
  visibleToScripts,
} from './support/at-the-shop.ts'

describe.skipIf(lacksChromium)(
  'a person scans the code of the shop, in Chromium',
  { timeout: 60_000 },
  () => {
    const shop = useShop()
    let program: MiniProgram | undefined

    afterEach(() => {
      program?.close()
      program = undefined
    })

    async function waitForCode(page: Page): Promise<Locator> {
      await expectToSee(page.locator('#way section.waiting'))
      const code = page.locator('#way img')
      await expect
        .poll(() => code.evaluate((image: HTMLImageElement) => image.naturalWidth))
        .toBeGreaterThan(0)
      return code
    }

    /** Opens the mini program where WeChat opens it for this picture of a code. */
    async function scan(image: string, person = 'li-hua'): Promise<OpenPage> {
      const { servers } = shop.world
      const opened = await servers.control('POST', '/emulator/scan', { image, person })
      const borrowed = servers.phone({ person })
      const { send } = borrowed
      borrowed.send = (sent) => send({ ...sent, url: sent.url.replace(baseUrl, servers.url) })
      program?.close()
      program = await startMiniProgram(borrowed)
      const scene = encodeURIComponent(encodeURIComponent(String(opened['scene'])))
      return program.open(`/${String(opened['page'])}?scene=${scene}`)
    }

    /** What a camera sees of the code on the screen, once that moves no more. */
    async function photograph(page: Page): Promise<string> {
      const code = await waitForCode(page)
      const box = await code.boundingBox()
      if (!box) throw new Error('there is no code on the screen')
      await code.evaluate((image) =>
        Promise.all(image.getAnimations().map((animation) => animation.finished)),
      )
      return (await page.screenshot({ clip: box })).toString('base64')
    }

    it('is shown which site asks, lets it in, and is signed in there', async () => {
      const page = await shop.open()
      await page.locator('#sign-in').click()
      const confirm = await scan(await photograph(page))
      expect(confirm.data).toMatchObject({
        state: 'asking',
        asker: { site: new URL(shop.world.url).host, device: 'Chrome, Windows' },
      })
      await expectToSee(page.getByText('已扫码，请在手机上确认'))
      await confirm.tap('approve')
      expect(confirm.data).toMatchObject({ state: 'let_in' })
      await expectToSee(page.locator('#who'))
      expect(await page.getByRole('dialog').isVisible()).toBe(false)
      const { auth } = await import('../../mini-program/miniprogram/auth.js')
      expect(await userIdOf(page, shop.world.servers.url)).toBe(auth.user?.id)
      await page.reload()
      await expectAccount(page)
      expect(await page.locator('#devices li').count()).toBe(2)
    })

    it('gets the order for which they signed in', async () => {
      const page = await shop.open()
      await page.locator('.buy').first().click()
      const confirm = await scan(await photograph(page))
      await confirm.tap('approve')
      await expectToSee(page.getByRole('status').getByText('已下单'))
      expect(await page.locator('#orders').innerText()).toContain('明前龙井')
    })

    it('refuses, and the page says so and offers another code', async () => {
      const page = await shop.open()
      await page.locator('#sign-in').click()
      const confirm = await scan(await photograph(page))
      await confirm.tap('reject')
      await expectToSee(page.getByText('手机上拒绝了登录'))
      await page.getByRole('button', { name: '换一个小程序码' }).click()
      const again = await scan(await photograph(page))
      await again.tap('approve')
      await expectToSee(page.locator('#who'))
    })

    it('comes too late: phone and page say so, and the page offers another code', async () => {
      const page = await shop.open()
      await page.locator('#sign-in').click()
      const image = await photograph(page)
      shop.world.servers.advance(121_000)
      await expectToSee(page.getByText('小程序码已过期'))
      const late = await scan(image)
      expect(late.data).toMatchObject({ state: 'problem', problem: '二维码已过期' })
      await page.getByRole('button', { name: '换一个小程序码' }).click()
      const confirm = await scan(await photograph(page))
      await confirm.tap('approve')
      await expectToSee(page.locator('#who'))
    })

    it('has the code only on the screen: in no address, and nowhere that a script could find it', async () => {
      const page = await shop.open()
      const addresses: string[] = []
      page.on('request', (request) => addresses.push(request.url()))
      await page.locator('#sign-in').click()
      const image = await photograph(page)
      const { scene } = await shop.world.servers.control('POST', '/emulator/scan', {
        image,
        person: 'li-hua',
      })
      await page.reload()
      expect(addresses.length).toBeGreaterThan(2)
      expect(addresses.join(' ')).not.toContain(String(scene))
      expect(await visibleToScripts(page)).not.toContain(String(scene))
    })

    it('signs in the browser that asked, and not one to which its picture or address was carried', async () => {
      const [page, other] = [await shop.open(), await shop.open({ expects: [/403/] })]
      await page.locator('#sign-in').click()
      const code = await waitForCode(page)
      const address = (await code.getAttribute('src')) ?? ''
      const carried = await other.evaluate(async (url) => {
        const look = async (each: string) => {
          const reply = await fetch(each, { credentials: 'include' })
          return ((await reply.json()) as { code: string }).code
        }
        return [await look(url), await look(url.replace(/\/qr$/, ''))]
      }, address)
      expect(carried).toEqual(['scan_foreign', 'scan_foreign'])
      const confirm = await scan(await photograph(page))
      await confirm.tap('approve')
      await expectToSee(page.locator('#who'))
      await other.reload()
      await expectToSee(other.locator('#sign-in'))
    })

    it('is shown by a name on a narrow screen, having no picture', async () => {
      const page = await shop.open({ viewport: { width: 360, height: 740 } })
      await page.goto(`${shop.world.url}/?lang=en`)
      await page.locator('#sign-in').click()
      const confirm = await scan(await photograph(page))
      await confirm.tap('approve')
      await expectToSee(page.getByText('WeChat user'))
      await expectBarToFit(page)
    })

    it('finds the dialog usable by keyboard, and the code dark on light in a dark page too', async () => {
      const page = await shop.open({ colorScheme: 'dark', viewport: { width: 360, height: 740 } })
      await page.locator('#sign-in').focus()
      await page.keyboard.press('Enter')
      const confirm = await scan(await photograph(page))
      await confirm.tap('reject')
      const again = page.getByRole('button', { name: '换一个小程序码' })
      await again.focus()
      await page.keyboard.press('Enter')
      await waitForCode(page)
      await page.keyboard.press('Escape')
      expect(await page.getByRole('dialog').isVisible()).toBe(false)
      await expect.poll(() => page.locator('#way').innerHTML()).toBe('')
    })
  },
)
