import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { lacksChromium, openBrowser, type Browser } from '../../../tools/support/browser.ts'
import { phoneAppId } from '../../client/test/support/real-servers.ts'
import { exampleRoot } from './support/example.ts'
import { serveExample, type ServedExample } from './support/serve-example.ts'

let browser: Browser
let example: ServedExample
let page: Page

/** On the page that is on top. */
const onTop = (selector: string) => page.locator(`.kp-window:not([data-place]) ${selector}`)
const expectShown = (selector: string) => onTop(selector).waitFor()
const press = (words: string) =>
  page.locator('.kp-layer').getByRole('button', { name: words, exact: true }).click()

async function open(query = '', options: Parameters<Browser['openWindow']>[0] = {}) {
  const window = await browser.openWindow({ viewport: { width: 760, height: 900 }, ...options })
  page = await window.newPage()
  page.setDefaultTimeout(8_000)
  await page.goto(example.url + query)
}

describe.skipIf(lacksChromium)('the phone in a real browser', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())
  beforeEach(async () => {
    example = await serveExample()
  })
  afterEach(async () => {
    await browser.closeWindows()
    await example.close()
  })

  it('is taken from first sight to the end of the account, by taps', async () => {
    await open(`?appid=${phoneAppId}`)
    await onTop('#sign-in').click()
    await onTop('#use-phone').click()
    await onTop('#agree-privacy').click()
    await press('允许')
    await onTop('#open-profile').click()
    await onTop('#choose-avatar').click()
    await press('用微信头像（李华）')
    await expectShown('#avatar img')
    await onTop('wx-input#nickname').click()
    await onTop('.kp-nickname-bar').click()
    await onTop('#save').click()
    await page.locator('.kp-toast', { hasText: '已保存' }).waitFor()
    await onTop('.kp-back').click()
    await onTop('#nickname').filter({ hasText: '李华' }).waitFor()
    await onTop('#dark').click()
    await expectShown('.page.dark')
    await onTop('#open-leave').click()
    await onTop('#leave').click()
    await press('确定')
    await press('确定')
    await onTop('#sign-in').click()
    await expectShown('#deleted')
  })

  it('works by touch, and goes back by the gesture', async () => {
    await open('', { hasTouch: true })
    await onTop('#sign-in').tap()
    // Once the page has come to rest.
    await onTop('#open-profile').tap({ trial: true })
    const box = await page.locator('.kp-screen').boundingBox()
    if (!box) throw new Error('the screen is not seen')
    const client = await page.context().newCDPSession(page)
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', x: number) =>
      client.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: type === 'touchEnd' ? [] : [{ x: box.x + x, y: box.y + 400 }],
      })
    await touch('touchStart', 8)
    for (const x of [40, 90, 160, 240]) await touch('touchMove', x)
    await touch('touchEnd', 240)
    await expectShown('#enter')
  })

  it('scans the code on a computer’s page, and lets the computer in', async () => {
    await open()
    const { url } = example.servers
    const headers = { origin: url, 'content-type': 'application/json', 'user-agent': 'Chrome/156' }
    const begun = await fetch(`${url}/v1/scan`, { method: 'POST', headers, body: '{}' })
    const cookie = begun.headers.getSetCookie().map((each) => each.split(';')[0])
    const known = { ...headers, cookie: cookie.join('; ') }
    const { id, qr_url } = (await begun.json()) as { id: string; qr_url: string }
    const picture = await fetch(qr_url, { headers: known })
    await page.locator('.kp-menu').click()
    await press('扫一扫')
    await page.locator('.kp-file input').setInputFiles({
      name: 'code.png',
      mimeType: picture.headers.get('content-type') ?? 'image/png',
      buffer: Buffer.from(await picture.arrayBuffer()),
    })
    await onTop('#approve').click()
    await expectShown('#let-in')
    const state = await fetch(`${url}/v1/scan/${id}`, { headers: known })
    expect(await state.json()).toMatchObject({ status: 'signed_in' })
  })

  it('is 750 rpx wide whatever the window, and what is fixed stays in its frame', async () => {
    await open('', { viewport: { width: 500, height: 1000 } })
    const card = onTop('.card')
    await card.waitFor()
    // 750 rpx less 32 on either side, on a screen of 375 pixels.
    expect(await card.evaluate((element) => element.clientWidth)).toBe(343)
    const title = await onTop('.title').evaluate((element) => getComputedStyle(element).fontSize)
    expect(title).toBe('22px')
    const height = await onTop('.page').evaluate((element) => element.clientHeight)
    expect(height).toBe(812 - 88)
  })

  it('is worked by keyboard alone', async () => {
    await open('?bare', { viewport: { width: 375, height: 812 } })
    await onTop('#sign-in').focus()
    await page.keyboard.press('Enter')
    await expectShown('#user-id')
    await onTop('#sign-out').focus()
    await page.keyboard.press(' ')
    await page.getByRole('alertdialog', { name: '退出登录' }).waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => page.getByRole('alertdialog').count()).toBe(0)
    await onTop('#sign-out').focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await expectShown('#signed-out')
  })

  it('remembers who signed in, each person on their own phone', async () => {
    await open('?person=wang-fang')
    await onTop('#sign-in').click()
    await expectShown('#user-id')
    const wangFang = await onTop('#user-id').textContent()
    await page.reload()
    await onTop('#enter').click()
    await expect.poll(() => onTop('#user-id').textContent()).toBe(wangFang)
    await page.goto(`${example.url}?person=chen-mei`)
    await onTop('#sign-in').click()
    await expectShown('#user-id')
    expect(await onTop('#user-id').textContent()).not.toBe(wangFang)
  })
})

describe.skipIf(lacksChromium)('a developer who saves a file', { timeout: 60_000 }, () => {
  let root: string
  const edit = (file: string, change: (text: string) => string) =>
    writeFileSync(join(root, file), change(readFileSync(join(root, file), 'utf8')))

  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'kaimen-phone-'))
    cpSync(exampleRoot, root, { recursive: true })
    symlinkSync(join(exampleRoot, '../node_modules'), join(root, 'node_modules'))
    example = await serveExample(root)
  })
  afterEach(async () => {
    await browser.closeWindows()
    await example.close()
    rmSync(root, { recursive: true })
  })

  it('sees it on the same page, an error where there is one, and it mended', async () => {
    await open('', { expects: [/SyntaxError/] })
    await onTop('#use-sms').click()
    await expectShown('#switch-way')
    edit('pages/sms/sms.wxml', (text) => text.replace('>手机号<', '>电话<'))
    await onTop('.label').filter({ hasText: '电话' }).waitFor()
    writeFileSync(join(root, 'pages/sms/sms.wxss'), '.label { color: rgb(1, 2, 3) }')
    await expect
      .poll(() =>
        onTop('.label')
          .first()
          .evaluate((each) => getComputedStyle(each).color),
      )
      .toBe('rgb(1, 2, 3)')
    edit('pages/sms/sms.js', (text) => text.replace('typePhone({ detail })', 'typePhone({ detail'))
    const problems = page.locator('.kp-problems')
    await problems
      .getByText(/^pages\/sms\/sms\.js:\d+/)
      .first()
      .waitFor()
    edit('pages/sms/sms.js', (text) => text.replace('typePhone({ detail', 'typePhone({ detail })'))
    await expect.poll(() => problems.count()).toBe(0)
    await onTop('#switch-way').click()
    await expectShown('#password')
  })
})
