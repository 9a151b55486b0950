import { seedWorld } from '@kaimen/emulator'
import type { FrameLocator, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { lacksChromium, openBrowser, type Browser } from '../../../../tools/support/browser.ts'
import { findBarriers } from '../../../../tools/support/find-barriers.ts'
import { freePorts, runKaimen, tempFolder, type Environment } from '../support/kaimen.ts'

const [liHua, wangFang] = seedWorld.people

async function openDev(more: Environment = {}) {
  const [port = '', emulatorPort = ''] = await freePorts(2)
  const kaimen = runKaimen(['dev'], {
    KAIMEN_PORT: port,
    KAIMEN_EMULATOR_PORT: emulatorPort,
    KAIMEN_DATA_DIR: await tempFolder(),
    ...more,
  })
  await kaimen.printed('Ctrl-C')
  return { kaimen, url: `http://127.0.0.1:${port}` }
}

describe('the stage over HTTP', () => {
  it('is what the server shows first, on the origin of its cookies', async () => {
    const { url } = await openDev()
    const home = await fetch(url, { redirect: 'manual' })
    expect(home.headers.get('location')).toBe(`${url}/stage/`)
    const other = await fetch(`${url.replace('127.0.0.1', 'localhost')}/stage/`)
    expect(other.url).toBe(`${url}/stage/`)
    const policy = other.headers.get('content-security-policy') ?? ''
    expect(policy).toContain(`default-src 'none'`)
    expect(policy).not.toContain('unsafe')
    expect((await fetch(`${url}/stage/nothing`)).status).toBe(404)
    expect((await fetch(`${url}/stage/code/page/..%2f..%2fmain.ts`)).status).toBe(404)
  })

  it('[WB-3] answers no other name than this machine’s, no tunnel, and no other page', async () => {
    const { url } = await openDev()
    const { port } = new URL(url)
    const ask = async (path: string, headers: Record<string, string>, method = 'GET') => {
      const { request } = await import('node:http')
      return new Promise<number | undefined>((resolve, reject) => {
        const asked = request({ host: '127.0.0.1', port, path, method, headers }, (reply) => {
          reply.resume()
          resolve(reply.statusCode)
        })
        asked.on('error', reject)
        asked.end(method === 'POST' ? '{"act":"clear"}' : undefined)
      })
    }
    expect(await ask('/stage/', { host: 'evil.example' })).toBe(403)
    expect(await ask('/phone/1/', { host: 'evil.example' })).toBe(403)
    expect(await ask('/stage/events', { 'x-forwarded-for': '203.0.113.9' })).toBe(403)
    expect(await ask('/stage/act', {}, 'POST')).toBe(403)
    expect(await ask('/stage/act', { origin: 'http://evil.example' }, 'POST')).toBe(403)
    expect(await ask('/stage/act', { origin: url }, 'POST')).toBe(200)
  })

  it('ends with the server, though somebody looks at it', async () => {
    const { kaimen, url } = await openDev()
    const streams = [`${url}/stage/events`, `${url}/phone/1/events`].map((each) => fetch(each))
    const bodies = (await Promise.all(streams)).map((reply) => reply.text())
    kaimen.signal('SIGTERM')
    // Each is ended, not cut off.
    await Promise.all(bodies)
    expect(await kaimen.ended).toMatchObject({ code: 0, stderr: '' })
  })

  it('is no part of a server in production', async () => {
    const [port = ''] = await freePorts(1)
    const kaimen = runKaimen(['start'], {
      KAIMEN_PORT: port,
      KAIMEN_DATA_DIR: await tempFolder(),
      KAIMEN_APPID: 'wx0123456789abcdef',
      KAIMEN_APP_SECRET: '0123456789abcdef0123456789abcdef',
      KAIMEN_SECRET: 'q7XlM0sB3fWc9ZtKpV2nYhR8dJgE5uAo6iTxLbNw',
      KAIMEN_PUBLIC_URL: 'https://auth.example.com',
    })
    await kaimen.printed(port)
    for (const path of ['/', '/stage/', '/phone/'])
      expect((await fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual' })).status).toBe(
        404,
      )
  })
})

describe.skipIf(lacksChromium)('the stage in a real browser', { timeout: 60_000 }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())
  afterEach(() => browser.closeWindows())

  async function open(options: Parameters<Browser['openWindow']>[0] = {}) {
    const dev = await openDev()
    const window = await browser.openWindow({ locale: 'zh-CN', ...options })
    const page = await window.newPage()
    page.setDefaultTimeout(30_000)
    const seen: string[] = []
    page.on('response', (response) => {
      if (/\/(wx\/|send)/.test(response.url()))
        void response.text().then(
          (text) => seen.push(text),
          () => {},
        )
    })
    await page.goto(`${dev.url}/stage/`)
    return { ...dev, page, seen }
  }

  const phone = (page: Page, number: 1 | 2): FrameLocator =>
    page.frameLocator(`#phone-${number} iframe`)
  const arrow = (page: Page, title: string | RegExp): Locator =>
    page.locator('.arrow', { has: page.locator('.label', { hasText: title }) })

  async function signIn(page: Page, number: 1 | 2 = 1) {
    await phone(page, number).locator('#sign-in').click()
    await phone(page, number).locator('#user-id').waitFor()
  }

  it.each([
    ['wide and light', { viewport: { width: 1440, height: 900 }, colorScheme: 'light' }],
    ['narrow and dark', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }],
  ] as const)('%s, has nothing that axe calls a barrier', async (_, look) => {
    const { page } = await open(look)
    await phone(page, 1).locator('#sign-in').waitFor()
    expect(await findBarriers(page)).toEqual([])
  })

  it('draws a login as it happens, and opens each arrow without a secret in it', async () => {
    const { page, seen, url } = await open()
    await signIn(page)
    await arrow(page, '200 signed_in').waitFor()
    const titles = await page.locator('.label').allTextContents()
    expect(titles.slice(0, 6)).toEqual([
      'wx.login',
      'login:ok',
      'POST /v1/sign-in/wechat',
      '/sns/jscode2session',
      'session_key, openid, unionid',
      '200 signed_in',
    ])
    for (const button of await page.locator('.arrow > button').all()) await button.click()
    const details = arrow(page, '/sns/jscode2session').locator('.details')
    expect(await details.innerText()).toMatch(/AppSecret\s+32 个字符/)
    expect(await details.innerText()).toContain('绝不进小程序')

    const kept = await page.evaluate(() => Object.values(localStorage).join())
    const canaries = [...`${seen.join()}${kept}`.matchAll(/kmr_[\w-]+|eyJ[\w.-]{20,}/g)].map(
      ([token]) => token,
    )
    const codes = [...seen.join().matchAll(/"code":"([^"]{16,})"/g)].map(([, code = '']) => code)
    expect(canaries.length).toBeGreaterThan(1)
    expect(codes.length).toBeGreaterThan(0)
    const stream = await page.evaluate(async (address) => {
      const reader = (await fetch(address)).body?.getReader()
      const { value } = (await reader?.read()) ?? {}
      await reader?.cancel()
      return new TextDecoder().decode(value)
    }, `${url}/stage/events`)
    const shown = stream + (await page.content())
    expect(stream).toContain('jscode2session')
    const secrets = [...canaries, ...codes, liHua.phone ?? '', seedWorld.apps[0].secret]
    for (const secret of secrets) expect(shown.includes(secret)).toBe(false)
  })

  it('shows WeChat broken, and mended', async () => {
    const { page } = await open()
    await page.locator('.break').click()
    await page.locator('.break[aria-pressed=true]').waitFor()
    await phone(page, 1).locator('#sign-in').click()
    await page.locator('.arrow.failed', { hasText: '503 wechat_' }).waitFor()
    await phone(page, 1).locator('#problem').waitFor()
    await page.locator('.break').click()
    await page.locator('.break[aria-pressed=false]').waitFor()
    await signIn(page, 2)
    expect(await arrow(page, '200 signed_in').count()).toBe(1)
  })

  it('lets a page on a computer in by a scan, and each phone be a person of its own', async () => {
    const { page } = await open()
    await signIn(page, 2)
    await page.locator('.desktop-toggle').click()
    const desktop = page.frameLocator('.desktop-panel iframe')
    await desktop.locator('img').waitFor()
    await expect.poll(() => desktop.locator('section.waiting').count(), { timeout: 10_000 }).toBe(1)
    await page.locator('.scan').nth(1).click()
    await phone(page, 2).locator('#approve').click()
    await desktop.locator('#user-id').waitFor()
    await arrow(page, 'POST /v1/scan/approve').waitFor()
    expect(await arrow(page, 'wx.scanCode').getAttribute('data-from')).toBe('phone-2')
    expect(await page.locator('#phone-2 select').first().inputValue()).toBe(wangFang.id)
  })

  it('ages tokens, rotates the key, and ends a session, each of which the phone gets over', async () => {
    const { page } = await open()
    await page.locator('.end').click()
    await page.locator('.notice', { hasText: '还没有人登录' }).waitFor()
    await signIn(page)
    await page.locator('.rotate').click()
    await page.locator('.notice', { hasText: '换了 session_key' }).waitFor()
    await page.locator('.toolbar select').first().selectOption('960')
    await page.locator('.age').click()
    await page.locator('.notice', { hasText: '往前走' }).waitFor()
    const reopen = async () => {
      await phone(page, 1).locator('.kp-leave').click()
      await phone(page, 1).locator('#enter').click()
    }
    await reopen()
    await arrow(page, 'POST /v1/token').waitFor()
    await page.locator('.clear').click()
    await expect.poll(() => page.locator('.arrow').count(), { timeout: 10_000 }).toBe(0)
    await page.locator('.end').click()
    await page.locator('.notice', { hasText: '都结束了' }).waitFor()
    await reopen()
    await arrow(page, '401 session_ended').first().waitFor()
    await arrow(page, '200 signed_in').waitFor()
  })

  it('works by keyboard alone', async () => {
    const { page } = await open()
    await signIn(page)
    await page.keyboard.press('Escape')
    await page.locator('.skip').focus()
    await page.keyboard.press('Enter')
    await page.locator('.arrow > button').first().focus()
    await page.keyboard.press('Enter')
    expect(await page.locator('.arrow.open').count()).toBe(1)
    await page.keyboard.press('Tab')
    const focused = page.locator('.arrow > button:focus')
    expect(await focused.locator('.label').textContent()).toBe('login:ok')
  })

  it('has room for one thing on a narrow screen, and speaks English', async () => {
    const { page } = await open({ viewport: { width: 390, height: 844 }, locale: 'en-US' })
    await signIn(page)
    expect(await page.locator('#messages').isVisible()).toBe(false)
    await page.getByRole('button', { name: 'Messages' }).click()
    expect(await page.locator('#messages').isVisible()).toBe(true)
    expect(await page.locator('#phone-1').isVisible()).toBe(false)
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    expect(width).toBe(390)
    await page.getByRole('button', { name: '中文' }).click()
    await page.getByRole('button', { name: '消息' }).waitFor()
  })
})

describe.skipIf(lacksChromium)(
  'the stage with a mini program of one’s own',
  { timeout: 60_000 },
  () => {
    it('runs that of the folder that is set', async () => {
      const { mkdir, writeFile } = await import('node:fs/promises')
      const { join } = await import('node:path')
      const folder = await tempFolder()
      await mkdir(join(folder, 'pages'))
      await writeFile(join(folder, 'app.json'), '{"pages":["pages/home"]}')
      await writeFile(join(folder, 'pages/home.js'), 'Page({ data: { words: 42 } })')
      await writeFile(join(folder, 'pages/home.wxml'), '<view id="mine">{{words}}</view>')
      const { url } = await openDev({ KAIMEN_MINI_PROGRAM: folder })
      const browser = await openBrowser()
      onTestFinished(() => browser.close())
      const page = await (await browser.openWindow()).newPage()
      await page.goto(`${url}/stage/`)
      const mine = page.frameLocator('#phone-1 iframe').locator('#mine')
      expect(await mine.textContent()).toBe('42')
      await browser.closeWindows()
    })
  },
)
