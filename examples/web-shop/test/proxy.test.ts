import { once } from 'node:events'
import { createAdaptorServer } from '@hono/node-server'
import { createVerifier } from '@kaimen/verify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServers } from '../../../packages/client/test/support/real-servers.ts'
import { freePort } from '../../../tools/support/free-port.ts'
import { lacksChromium, openBrowser, type Browser } from '../../../tools/support/browser.ts'
import { makeShop } from '../shop.ts'
import { goToWechat, decide, expectToSee, nameOf } from './support/at-the-shop.ts'
import { miniProgram, serviceAccount, website } from './support/shop-world.ts'
import { openTlsProxy } from './support/tls-proxy.ts'

/** The shop at `/`, and Kaimen at `/auth/` of the same https address. */
async function openBehindProxy(cuts: boolean) {
  const proxy = await openTlsProxy()
  const publicUrl = `${proxy.url}/auth`
  const servers = await startServers({ publicUrl })
  const { url: serverUrl, clock, wechatUrl } = servers
  const verifier = createVerifier({ issuer: publicUrl, serverUrl, clock })
  const apps = {
    service_account: serviceAccount.appid,
    website: website.appid,
    mini_program: miniProgram.appid,
  }
  const shop = await makeShop({ kaimen: publicUrl, wechat: wechatUrl, apps, verifier })
  const port = await freePort()
  const listener = createAdaptorServer(shop).listen(port, '127.0.0.1')
  await once(listener, 'listening')
  proxy.use([
    { path: '/auth/', to: serverUrl, cuts },
    { path: '/', to: `http://127.0.0.1:${port}`, cuts: false },
  ])
  return {
    url: proxy.url,
    servers,
    async close() {
      proxy.close()
      listener.close()
      if ('closeAllConnections' in listener) listener.closeAllConnections()
      verifier.close()
      await servers.close()
    },
  }
}

describe.skipIf(lacksChromium)(
  'one https address for the shop and Kaimen, in Chromium',
  { timeout: 60_000 },
  () => {
    let browser: Browser
    beforeAll(async () => {
      browser = await openBrowser()
    })
    afterAll(() => browser.close())

    it.each([
      ['cuts the path of publicUrl off', true],
      ['leaves the path of publicUrl', false],
    ])('[WB-1] a proxy that %s: cookies are __Host-, and everything works', async (_, cuts) => {
      const world = await openBehindProxy(cuts)
      try {
        const window = await browser.openWindow({ ignoreHTTPSErrors: true, locale: 'zh-CN' })
        const page = await window.newPage()
        await page.goto(world.url)
        await goToWechat(page)
        await decide(page, '李华')
        await expectToSee(page.locator('#name'))
        expect(await nameOf(page)).toBe('李华')
        const cookies = await window.cookies(world.url)
        expect(
          cookies
            .map(({ name, secure, httpOnly, sameSite, path }) => [
              name,
              secure && httpOnly,
              sameSite,
              path,
            ])
            .toSorted(([a = ''], [b = '']) => (String(a) < String(b) ? -1 : 1)),
        ).toEqual([
          ['__Host-kaimen', true, 'Lax', '/'],
          ['__Host-kaimen-browser', true, 'Lax', '/'],
        ])
        await page.locator('.buy').first().click()
        await expectToSee(page.locator('#orders li'))
        await page.locator('#sign-out').click()
        await expectToSee(page.locator('#sign-in'))
        expect((await window.cookies(world.url)).map(({ name }) => name)).toEqual([
          '__Host-kaimen-browser',
        ])
      } finally {
        await browser.closeWindows()
        await world.close()
      }
    })
  },
)
