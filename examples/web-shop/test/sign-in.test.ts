import { describe, expect, it } from 'vitest'
import { lacksChromium } from '../../../tools/support/browser.ts'
import {
  decide,
  expectAccount,
  expectBarToFit,
  expectToSee,
  goToWechat,
  nameOf,
  signIn,
  userIdOf,
  useShop,
  visibleToScripts,
} from './support/at-the-shop.ts'
import { miniProgram, otherMiniProgram, serviceAccount, website } from './support/shop-world.ts'

describe.skipIf(lacksChromium)('a person at the shop, in Chromium', { timeout: 60_000 }, () => {
  const shop = useShop()

  /** How often WeChat was asked to exchange a code of a browser. */
  async function exchanges(): Promise<number> {
    const { calls } = await shop.world.servers.control('GET', '/emulator/calls')
    return (calls as Array<{ path: string }>).filter(
      ({ path }) => path === '/sns/oauth2/access_token',
    ).length
  }

  describe('on a computer', () => {
    it('looks around without signing in, and is asked when they order', async () => {
      const page = await shop.open()
      await expectToSee(page.locator('#sign-in'))
      expect(await page.locator('#account').isVisible()).toBe(false)
      await page.locator('.buy').first().click()
      expect(await page.getByRole('dialog').isVisible()).toBe(true)
      await page.keyboard.press('Escape')
      expect(await page.getByRole('dialog').isVisible()).toBe(false)
    })

    it('signs in on WeChat’s page and comes back to where they were', async () => {
      const page = await shop.open()
      await page.goto(`${shop.world.url}/?lang=en`)
      await signIn(page, '王芳')
      // Not at the #wechat_redirect of WeChat's address.
      expect(page.url()).toBe(`${shop.world.url}/?lang=en#`)
      expect(await nameOf(page)).toBe('王芳')
      await page.locator('.buy').first().click()
      await expectToSee(page.getByRole('status').getByText('Ordered'))
      expect(await page.locator('#orders').innerText()).toContain('Longjing')
      await page.reload()
      await expectToSee(page.locator('#orders li'))
      expect(await page.locator('#orders').innerText()).toContain('Longjing')
      expect(await page.locator('#devices').innerText()).toContain('Chrome')
    })

    it('has nothing of the session where a script of the page could find it', async () => {
      const page = await shop.open()
      await signIn(page, '李华')
      const found = await visibleToScripts(page)
      expect(found).toBe(JSON.stringify(['', [], [], `${shop.world.url}/#`]))
      const cookies = await page.context().cookies(shop.world.servers.url)
      expect(cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite])).toEqual(
        expect.arrayContaining([
          ['kaimen', true, 'Lax'],
          ['kaimen-browser', true, 'Lax'],
        ]),
      )
    })

    it('signs in by WeChat’s code on the shop’s own page', async () => {
      const page = await shop.open()
      await page.locator('#sign-in').click()
      await page.getByText('微信扫码', { exact: true }).click()
      await decide(page.frameLocator('#way iframe'), '陈美')
      await expectToSee(page.locator('#name'))
      expect(await nameOf(page)).toBe('陈美')
      expect(await page.getByRole('dialog').isVisible()).toBe(false)
      expect(page.url()).toBe(`${shop.world.url}/`)
    })

    it('places the order for which they signed in', async () => {
      const page = await shop.open()
      await page.locator('.buy').last().click()
      await page.getByText('微信扫码', { exact: true }).click()
      await decide(page.frameLocator('#way iframe'), '陈美')
      await expectToSee(page.getByRole('status').getByText('已下单'))
      expect(await page.locator('#orders').innerText()).toContain('古树普洱')
    })

    it('is told that they refused, and may try again or go back', async () => {
      const page = await shop.open({ expects: [/403/] })
      await goToWechat(page)
      await decide(page, '李华', 'refuse')
      await expectToSee(page.getByRole('heading', { name: '你没有同意授权' }))
      await page.getByRole('link', { name: '重新登录' }).click()
      await decide(page, '李华')
      await expectToSee(page.locator('#name'))
    })

    it('goes back to the shop after a refusal, and is nobody there', async () => {
      const page = await shop.open({ expects: [/403/], locale: 'en' })
      await goToWechat(page)
      await decide(page, '李华', 'refuse')
      await expectToSee(page.getByRole('heading', { name: 'You did not allow it' }))
      await page.getByRole('link', { name: 'Back to the page' }).click()
      await expectToSee(page.locator('#sign-in'))
      expect(page.url()).toBe(`${shop.world.url}/`)
    })

    it('is told in the dialog that they refused there', async () => {
      const page = await shop.open({ expects: [/403/] })
      await page.locator('#sign-in').click()
      await page.getByText('微信扫码', { exact: true }).click()
      await decide(page.frameLocator('#way iframe'), '李华', 'refuse')
      await expectToSee(page.getByRole('alert').getByText('你没有同意授权'))
      await page.getByRole('button', { name: '再试一次' }).click()
      await decide(page.frameLocator('#way iframe'), '李华')
      await expectToSee(page.locator('#who'))
    })

    it('changes their mind about the way, and nothing of the other is left', async () => {
      const page = await shop.open()
      await page.locator('#sign-in').click()
      for (let i = 0; i < 2; i++) {
        await page.getByText('微信扫码', { exact: true }).click()
        await expectToSee(page.frameLocator('#way iframe').locator('button[value=allow]'))
        await page.getByText('小程序扫码', { exact: true }).click()
        await expectToSee(page.locator('#way img'))
      }
      expect(await page.locator('#way > *').count()).toBe(1)
      expect(await page.locator('#problem, #again').filter({ visible: true }).count()).toBe(0)
    })

    it.each([
      [360, 'light', 'zh-CN'],
      [360, 'dark', 'en'],
      [1280, 'dark', 'zh-CN'],
    ] as const)('finds everything within a screen of %d pixels, %s, in %s', async (...look) => {
      const [width, colorScheme, locale] = look
      const page = await shop.open({ viewport: { width, height: 740 }, colorScheme, locale })
      const overflow = () =>
        page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      await page.locator('#sign-in').click()
      await expectToSee(page.locator('#way img'))
      expect(await overflow()).toBeLessThanOrEqual(0)
      await page.locator('#redirect').click()
      await decide(page, '李华')
      await expectAccount(page)
      expect(await overflow()).toBeLessThanOrEqual(0)
      await expectBarToFit(page)
    })

    it('does all of it by keyboard', async () => {
      const page = await shop.open()
      await page.locator('#sign-in').focus()
      await page.keyboard.press('Enter')
      await page.locator('input[value=scan]').focus()
      await page.keyboard.press('ArrowRight')
      expect(await page.locator('input[value=wechat]').isChecked()).toBe(true)
      await page.locator('#redirect').focus()
      await page.keyboard.press('Enter')
      await page.waitForURL('**/connect/qrconnect?**')
      await page.locator('button[value=allow]').focus()
      await page.keyboard.press('Enter')
      await expectToSee(page.locator('#name'))
    })
  })

  describe('inside WeChat', () => {
    it('is asked once, for the unionid, and from then on not at all', async () => {
      const page = await shop.openInWechat()
      await page.locator('#sign-in').click()
      await page.locator('#silent').click()
      // The emulator has to be told whose phone it is.
      await page.waitForURL('**scope=snsapi_base**')
      await decide(page, '李华')
      await page.waitForURL('**scope=snsapi_userinfo**')
      await decide(page, '李华')
      await expectAccount(page)
      expect(await nameOf(page)).toBe('李华')
      await page.locator('#sign-out').click()
      await page.locator('#sign-in').click()
      await page.locator('#silent').click()
      await expectToSee(page.locator('#name'))
      expect(await exchanges()).toBe(3)
    })

    it('signs in with nickname and picture, where they allow it', async () => {
      const page = await shop.openInWechat()
      await page.locator('#sign-in').click()
      await page.locator('#with-profile').click()
      await page.waitForURL('**scope=snsapi_userinfo**')
      await decide(page, '王芳')
      await page.locator('#name').waitFor({ state: 'attached' })
      expect(await page.locator('#name').textContent()).toBe('王芳')
      const picture = page.locator('#picture')
      expect(await picture.getAttribute('src')).toMatch(`${shop.world.servers.url}/v1/avatars/`)
      await expect
        .poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth))
        .toBeGreaterThan(0)
    })

    it('is one session where WeChat sends the browser back twice', async () => {
      await shop.world.servers.setSwitches(serviceAccount.appid, { redirect_double_hit: true })
      // The page of the emulator shows the first hit as a picture, and may load none of the shop's.
      const page = await shop.openInWechat({ expects: [/Loading the image/] })
      await page.locator('#sign-in').click()
      await page.locator('#with-profile').click()
      await decide(page, '李华')
      await expectAccount(page)
      expect(await page.locator('#devices li').count()).toBe(1)
      expect(await exchanges()).toBe(1)
    })

    it('is no account on a snapshot page, and is told how to get a whole one', async () => {
      await shop.world.servers.setSwitches(serviceAccount.appid, { snapshot_user: true })
      const page = await shop.openInWechat({ expects: [/403/] })
      await page.locator('#sign-in').click()
      await page.locator('#with-profile').click()
      await decide(page, '李华')
      await expectToSee(page.getByText('snapshot_user'))
      await page.goto(shop.world.url)
      await expectToSee(page.locator('#sign-in'))
    })
  })

  describe('with somebody else’s link', () => {
    it('is not signed in as them: the sign-in ends only where it began', async () => {
      const [attacker, victim] = [await shop.open(), await shop.open({ expects: [/403/] })]
      await goToWechat(attacker)
      const { location } = await shop.world.servers.control('POST', '/emulator/authorize', {
        url: attacker.url(),
        person: 'li-hua',
        decision: 'allow',
      })
      await victim.goto(String(location))
      await expectToSee(victim.getByRole('heading', { name: '登录是在另一个浏览器里开始的' }))
      await victim.goto(shop.world.url)
      await expectToSee(victim.locator('#sign-in'))
      // Nothing was used up.
      await attacker.goto(String(location))
      await expectToSee(attacker.locator('#name'))
    })
  })

  describe('in several tabs and browsers', () => {
    it('has one access token for three tabs, renewed by one of them', async () => {
      const first = await shop.open()
      await signIn(first, '李华')
      const window = first.context()
      const renewals: string[] = []
      window.on('request', (request) => {
        const { pathname } = new URL(request.url())
        if (request.method() === 'POST' && pathname === '/v1/web/token') renewals.push(pathname)
      })
      const pages = [first, await window.newPage(), await window.newPage()]
      await Promise.all(pages.slice(1).map((page) => page.goto(shop.world.url)))
      for (const page of pages) await expectAccount(page)
      expect(renewals).toHaveLength(0)
      // The token runs out in all of them.
      for (const page of pages) {
        const now = await page.evaluate(() => Date.now())
        await page.clock.setFixedTime(now + 16 * 60_000)
      }
      await Promise.all(pages.map((page) => page.locator('.buy').first().click()))
      for (const page of pages) await expectToSee(page.getByRole('status').getByText('已下单'))
      expect(renewals).toHaveLength(1)
    })

    it('is signed in, and signed out, in all tabs at once', async () => {
      const first = await shop.open()
      const second = await first.context().newPage()
      await second.goto(shop.world.url)
      await second.locator('#sign-in').click()
      await second.getByText('微信扫码', { exact: true }).click()
      await decide(second.frameLocator('#way iframe'), '李华')
      for (const page of [first, second]) await expectAccount(page)
      await first.locator('#sign-out').click()
      await expectToSee(second.locator('#sign-in'))
      await second.reload()
      await expectToSee(second.locator('#sign-in'))
    })

    it('signs out everywhere: the other browser, and the shop’s back end', async () => {
      const here = await shop.open()
      const there = await shop.open({ expects: [/401/] })
      await signIn(here, '李华')
      await signIn(there, '李华')
      await here.reload()
      await expectAccount(here)
      expect(await here.locator('#devices li').count()).toBe(2)
      await here.locator('#sign-out-everywhere').click()
      await expectToSee(here.locator('#sign-in'))
      // The token that it holds is refused within 5 s, without a word to the store.
      await expect
        .poll(
          async () => {
            await there.locator('.buy').first().click()
            return there.locator('#sign-in').isVisible()
          },
          { timeout: 10_000, interval: 500 },
        )
        .toBe(true)
    })

    it('signs one other device out', async () => {
      const here = await shop.open()
      const there = await shop.open()
      await signIn(there, '李华')
      await signIn(here, '李华')
      await here.getByRole('button', { name: /退出这台设备/ }).click()
      await expect.poll(() => here.locator('#devices li').count()).toBe(1)
      await there.reload()
      await expectToSee(there.locator('#sign-in'))
      expect(await nameOf(here)).toBe('李华')
    })
  })

  it('is one user by mini program, service account and website, and another outside the Open Platform account', async () => {
    const { servers } = shop.world
    const onComputer = await shop.open()
    await signIn(onComputer, '李华')
    const inWechat = await shop.openInWechat()
    await inWechat.locator('#sign-in').click()
    await inWechat.locator('#with-profile').click()
    await decide(inWechat, '李华')
    await inWechat.locator('#name').waitFor({ state: 'attached' })
    const id = await userIdOf(onComputer, servers.url)
    expect(id).toMatch(/^usr_/)
    expect(await userIdOf(inWechat, servers.url)).toBe(id)
    expect(await signInAtMiniProgram(miniProgram.appid)).toMatchObject({ user: { id } })
    const outside = await signInAtMiniProgram(otherMiniProgram.appid)
    expect(outside).toMatchObject({ status: 'signed_in', is_new_user: true })
    expect(outside).not.toMatchObject({ user: { id } })
    expect(website.open_platform).toBe(miniProgram.open_platform)
  })

  /** Li Hua, with the phone where it is wanted. */
  async function signInAtMiniProgram(appid: string): Promise<Record<string, unknown>> {
    const { servers } = shop.world
    const where = { appid, person: 'li-hua' }
    const post = async (path: string, body: object) => {
      const reply = await fetch(servers.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      return (await reply.json()) as Record<string, unknown>
    }
    const { code } = await servers.control('POST', '/emulator/wx/login', where)
    const reply = await post('/v1/sign-in/wechat', { app_id: appid, code })
    if (reply['status'] === 'signed_in') return reply
    const tap = await servers.control('POST', '/emulator/wx/getPhoneNumber', where)
    return post('/v1/sign-in/phone', { ticket: reply['ticket'], phone_code: tap['code'] })
  }
})
