import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findBarriers } from '../../../tools/support/find-barriers.ts'
import { lacksChromium, openBrowser, type Browser } from '../../../tools/support/browser.ts'
import {
  act,
  beginSignIn,
  buildConsole,
  expectHeading,
  followLink,
  liHua,
  open,
  openOffice,
  outsider,
  removeConsole,
  setUp,
  shop,
  wangFang,
  type Office,
} from './support/office.ts'

/** The browser tells of each reply that is an error; the page says so itself. */
const refused = /the server responded with a status of (400|401|403|404|409|429)/
const gone = /net::ERR_CONNECTION_REFUSED/
/** On a busy machine. */
const soon = { timeout: 20_000 }

describe.skipIf(lacksChromium)('the console', { timeout: 120_000 }, () => {
  let browser: Browser
  let folder: string
  let office: Office
  beforeAll(async () => {
    ;[browser, folder] = await Promise.all([openBrowser(), buildConsole()])
  }, 120_000)
  afterAll(async () => {
    await browser.close()
    removeConsole(folder)
  })
  beforeEach(async () => {
    office = await openOffice(folder)
  })
  afterEach(async () => {
    try {
      await browser.closeWindows()
    } finally {
      await office.close()
    }
  })

  async function openPage(options: Parameters<Browser['openWindow']>[0] = {}): Promise<Page> {
    const window = await browser.openWindow({ locale: 'en-GB', expects: [refused], ...options })
    const page = await window.newPage()
    page.setDefaultTimeout(30_000)
    return page
  }

  /** An owner at the overview. */
  async function openAsOwner(options?: Parameters<Browser['openWindow']>[0]) {
    const page = await openPage(options)
    return { page, owner: await setUp(page, office, 'owner', 'Li Wei') }
  }

  describe('setting up and signing in', () => {
    it('[WB-3] takes a set-up link once, and leaves no trace of it in the address', async () => {
      const link = await office.invite('owner')
      const page = await openPage()
      await followLink(page, office, link, 'Li Wei')
      expect(page.url()).toBe(`${office.url}/console/#/overview`)
      await page.goBack()
      expect(page.url()).not.toContain('set-up')

      const other = await openPage()
      await other.goto(link)
      await other.getByRole('alert').waitFor()
      expect(await other.getByRole('button', { name: 'Finish' }).count()).toBe(0)
    })

    it('[WB-3] wants the second factor, each code once, or a recovery code', async () => {
      const { page, owner } = await openAsOwner()
      await page.getByRole('button', { name: 'Sign out', exact: true }).click()
      await page.getByRole('heading', { name: 'Sign in' }).waitFor()

      await beginSignIn(page, owner.name)
      await page.getByLabel('Six digits of the authenticator').fill('000000')
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
      await page.getByRole('alert').waitFor()
      await page.getByLabel('Six digits').fill(await office.code(owner.secret))
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
      await expectHeading(page, 'Overview')

      await page.getByRole('button', { name: 'Sign out', exact: true }).click()
      await beginSignIn(page, owner.name)
      await page.getByRole('button', { name: 'Use a recovery code' }).click()
      await page.getByLabel('Recovery code').fill(owner.recoveryCodes[0] ?? '')
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
      await expectHeading(page, 'Overview')
    })

    it('goes by keyboard alone', async () => {
      const { page, owner } = await openAsOwner()
      await page.getByRole('button', { name: 'Sign out', exact: true }).press('Enter')
      await page.getByLabel('Name').focus()
      await page.keyboard.type(owner.name)
      await page.keyboard.press('Tab')
      await page.keyboard.type('granite lantern orchard')
      await page.keyboard.press('Enter')
      await page.getByLabel('Six digits').focus()
      await page.keyboard.type(await office.code(owner.secret))
      await page.keyboard.press('Enter')
      await expectHeading(page, 'Overview')
      await page.getByRole('link', { name: 'Signing keys' }).press('Enter')
      await page.getByRole('button', { name: 'Rotate…' }).press('Enter')
      await page.getByRole('dialog').waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    })

    it('says that a session ended, and that nothing was done', async () => {
      const { id } = (await office.signIn(liHua.id)).user
      const { page } = await openAsOwner()
      await page.goto(`${office.url}/console/#/users/${id}`)
      await page.getByRole('button', { name: 'Disable…' }).click()
      office.advance(31 * 60_000)
      await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click()
      await page.getByRole('heading', { name: 'Sign in' }).waitFor()
      expect(await page.getByRole('status').innerText()).toContain('Your session has ended')
      expect((await office.signIn(liHua.id)).status).toBe(200)
    })
  })

  describe("an operator's day", () => {
    it('begins at the overview, which counts and follows', async () => {
      await office.signIn(liHua.id)
      await office.signIn(wangFang.id)
      await office.signIn(liHua.id, shop, '0'.repeat(32))
      const { page } = await openAsOwner()
      const numbers = page.locator('.numbers > div')
      await expect
        .poll(() => numbers.allInnerTexts(), soon)
        .toEqual([
          expect.stringMatching(/Sign-ins\s+2/),
          expect.stringMatching(/Failures\s+1\s+33.3%/),
          expect.stringMatching(/New users\s+2/),
          expect.stringMatching(/Active devices\s+2/),
        ])
      const failure = page.getByRole('region', { name: 'Failures' }).locator('tbody tr')
      expect(await failure.innerText()).toMatch(/code_invalid\s+40029\s+1/)
      await office.signIn(liHua.id)
      await expect.poll(() => numbers.first().innerText(), soon).toMatch(/Sign-ins\s+3/)
    })

    it('[PI-3] shows a phone masked until it is revealed, which the audit log tells', async () => {
      const phone = String(liHua.phone)
      await office.signInByPhone(liHua.id)
      const { page } = await openAsOwner()
      await open(page, 'Users')
      await page.getByLabel('Find a user').fill(phone)
      await page.getByText('Looks by whole phone number.').waitFor()
      await page.getByRole('button', { name: 'Find' }).click()
      await expect.poll(() => page.locator('tbody tr').count(), soon).toBe(1)
      expect(page.url()).toBe(`${office.url}/console/#/users`)
      await page.getByRole('link', { name: /^usr_/ }).click()
      const main = page.getByRole('main')
      await main.getByText(/\*{4}/).first().waitFor()
      expect(await main.innerText()).not.toContain(phone)
      expect(await act(page, 'Reveal phone…', 'Reveal')).toContain('shown')
      expect(await page.locator('.facts').innerText()).toContain(phone)
      const events = page.getByRole('region', { name: 'Events of this user' })
      await expect.poll(() => events.innerText(), soon).toMatch(/Phone revealed.*Li Wei/s)
    })

    it('finds a user, signs them out, disables and enables them, and says so', async () => {
      const { id } = (await office.signIn(liHua.id)).user
      await office.signIn(wangFang.id)
      const { page } = await openAsOwner()
      await open(page, 'Users')
      await page.getByLabel('Find a user').fill(id)
      await page.getByRole('button', { name: 'Find' }).click()
      await expect.poll(() => page.locator('tbody tr').count(), soon).toBe(1)
      await page.getByRole('link', { name: id }).click()
      expect(await page.locator('.person').innerText()).toContain('Active')

      expect(await act(page, 'Sign out everywhere…', 'Sign out everywhere')).toContain('Signed out')
      await page.getByText(/Ended: Ended by an operator/).waitFor()
      expect(await act(page, 'Disable…', 'Disable')).toContain('Disabled')
      expect((await office.signIn(liHua.id)).status).toBe(403)
      expect(await act(page, 'Enable…', 'Enable')).toContain('Enabled')
      expect((await office.signIn(liHua.id)).status).toBe(200)
      const events = page.getByRole('region', { name: 'Events of this user' })
      await expect.poll(() => events.innerText(), soon).toMatch(/User disabled or enabled.*Li Wei/s)
    })

    it('exports a user, deletes them only when their id is typed, and restores them', async () => {
      const { id } = (await office.signIn(liHua.id)).user
      const { page } = await openAsOwner()
      await page.goto(`${office.url}/console/#/users/${id}`)
      await page.getByRole('button', { name: 'Export…' }).click()
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('dialog').getByRole('button', { name: 'Export' }).click(),
      ])
      expect(file.suggestedFilename()).toBe(`${id}.json`)
      expect(await readFile(await file.path(), 'utf8')).toContain(id)

      await page.getByRole('button', { name: 'Delete…' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('textbox').fill('usr_other')
      expect(await dialog.getByRole('button', { name: 'Delete' }).isDisabled()).toBe(true)
      await dialog.getByRole('button', { name: 'Cancel' }).click()
      expect(await act(page, 'Delete…', 'Delete', id)).toContain('Deleted')
      expect(await page.locator('.person').innerText()).toContain('Deleted')
      expect(await act(page, 'Restore…', 'Restore')).toContain('Restored')
      expect((await office.signIn(liHua.id)).status).toBe(200)
    })

    it('merges a pair that WeChat says is one person, and undoes it', async () => {
      const kept = (await office.signIn(liHua.id)).user.id
      const other = (await office.signIn(liHua.id, outsider)).user.id
      expect(other).not.toBe(kept)
      await office.control('PATCH', `/emulator/apps/${outsider.appid}`, {
        open_platform: 'open-platform-1',
      })
      await office.signIn(liHua.id, outsider)
      const { page } = await openAsOwner()
      await open(page, 'Merging')
      expect(await act(page, 'Keep the holder…', 'Merge')).toContain('Merged')
      await page.getByText('There is nothing to decide.').waitFor()
      expect((await office.signIn(liHua.id, outsider)).user.id).toBe(kept)
      expect(await act(page, 'Undo…', 'Undo the merge')).toContain('undone')
      expect((await office.signIn(liHua.id, outsider)).user.id).toBe(other)
    })

    it('says what is wrong with an app, in the language that is chosen', async () => {
      const { page } = await openAsOwner()
      await open(page, 'Apps')
      await page.getByText('WeChat refuses the AppSecret').waitFor()
      await page.getByLabel('Language').selectOption('zh-CN')
      await page.getByText('微信不认这个 AppSecret').waitFor()
      await expectHeading(page, '应用')
    })

    it('says why a key cannot be rotated yet, where it was asked for', async () => {
      const { page } = await openAsOwner()
      await office.signIn(liHua.id)
      await open(page, 'Signing keys')
      await page.getByRole('button', { name: 'Rotate…' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('button', { name: 'Rotate' }).click()
      expect(await dialog.getByRole('alert').innerText()).toMatch(/soon/i)
      await dialog.getByRole('button', { name: 'Cancel' }).click()
      await open(page, 'Limits')
      await page.getByRole('cell', { name: 'SMS codes' }).first().waitFor()
    })

    it('filters the audit log by its address, and exports what it filters', async () => {
      const { id } = (await office.signIn(liHua.id)).user
      const { page } = await openAsOwner()
      await page.goto(`${office.url}/console/#/audit?user_id=${id}&kind=signed_in`)
      const log = page.getByRole('region', { name: 'Audit log' })
      await log.waitFor()
      expect(await page.locator('tbody tr').count()).toBe(1)
      expect(await page.getByLabel('User id').inputValue()).toBe(id)
      await page.getByRole('button', { name: 'Export…' }).click()
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('dialog').getByRole('button', { name: 'Export' }).click(),
      ])
      const lines = (await readFile(await file.path(), 'utf8')).trim().split('\n')
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
        expect.objectContaining({ kind: 'signed_in', user_id: id }),
      ])
      await page.getByRole('button', { name: 'Clear' }).click()
      await expect.poll(() => log.innerText(), soon).toContain('Audit log exported')
    })
  })

  describe('rights', () => {
    it('[WB-3] shows a viewer no act, and an owner the roles to give', async () => {
      const { id } = (await office.signIn(liHua.id)).user
      const { page } = await openAsOwner()
      await open(page, 'Administrators')
      await act(page, 'Invite…', 'Make the link')
      const link = await page.locator('.invite .secret').innerText()
      expect(link).toContain(`${office.url}/console/#/set-up/`)

      const viewer = await openPage()
      await setUp(viewer, office, 'viewer', 'Zhao')
      await viewer.goto(`${office.url}/console/#/users/${id}`)
      await viewer.getByText('You are a viewer: you may look, and not act.').waitFor()
      expect(await viewer.getByRole('button', { name: /…$/ }).count()).toBe(0)
    })

    it('says that a right is missing where it was taken away meanwhile', async () => {
      const { id } = (await office.signIn(liHua.id)).user
      const page = await openPage()
      await setUp(page, office, 'operator', 'Chen')
      await page.goto(`${office.url}/console/#/users/${id}`)
      await page.getByRole('button', { name: 'Disable…' }).click()
      const chen = (await office.auth.admins.list()).find(({ name }) => name === 'Chen')
      await office.auth.admins.setRole(chen?.id ?? '', 'viewer')
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('button', { name: 'Disable' }).click()
      await dialog.getByRole('alert').waitFor()
      expect((await office.signIn(liHua.id)).status).toBe(200)
    })
  })

  it('says that the server is gone, and that an act may have been done', async () => {
    const { id } = (await office.signIn(liHua.id)).user
    const { page } = await openAsOwner({ expects: [refused, gone] })
    await page.goto(`${office.url}/console/#/users/${id}`)
    await page.getByRole('button', { name: 'Disable…' }).click()
    await office.stop()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Disable' }).click()
    expect(await dialog.getByRole('alert').innerText()).toContain('may have been done all the same')
  })

  it('[WB-3] loads nothing from elsewhere, and breaks no rule of its policy', async () => {
    const page = await openPage()
    const asked = new Set<string>()
    page.on('request', (request) => asked.add(new URL(request.url()).origin))
    const response = await page.goto(`${office.url}/console/`)
    expect(response?.headers()['content-security-policy']).toMatch(
      /^(?!.*unsafe)default-src 'none'/,
    )
    await setUp(page, office, 'owner', 'Li Wei')
    await page.locator('.chart canvas').first().waitFor()
    expect([...asked]).toEqual([office.url])
  })

  it.each([
    [
      'wide and light, in English',
      { locale: 'en-GB', colorScheme: 'light', viewport: { width: 1280, height: 800 } },
    ],
    [
      'narrow and dark, in English',
      { locale: 'en-GB', colorScheme: 'dark', viewport: { width: 360, height: 740 } },
    ],
  ] as const)('puts no barrier before anybody: %s', async (_, options) => {
    const { id } = (await office.signIn(liHua.id)).user
    await office.signIn(liHua.id, shop, '0'.repeat(32))
    const before = await openPage(options)
    await before.goto(`${office.url}/console/`)
    await before.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(await findBarriers(before)).toEqual([])
    await before.goto(await office.invite('viewer'))
    await before.getByRole('button', { name: 'Finish' }).waitFor()
    expect(await findBarriers(before)).toEqual([])

    const { page } = await openAsOwner(options)
    const pages = [
      'overview',
      'users',
      `users/${id}`,
      'conflicts',
      'apps',
      'keys',
      'limits',
      'audit',
      'administrators',
      'nowhere',
    ]
    for (const name of pages) {
      await page.goto(`${office.url}/console/#/${name}`)
      await page.waitForLoadState('networkidle')
      // A button that waits is paler until it has its answer.
      await expect.poll(async () => [name, ...(await findBarriers(page))], soon).toEqual([name])
      const wide = await page.evaluate(() => document.documentElement.scrollWidth)
      expect(wide).toBeLessThanOrEqual(options.viewport.width)
    }
    await page.goto(`${office.url}/console/#/users/${id}`)
    await page.getByRole('button', { name: 'Delete…' }).click()
    await page.getByRole('dialog').waitFor()
    expect(await findBarriers(page)).toEqual([])
  })

  it('lives under a path of publicUrl', async () => {
    const below = await openOffice(folder, '/auth')
    try {
      const page = await openPage()
      await setUp(page, below, 'owner', 'Li Wei')
      expect(page.url()).toBe(`${below.url}/console/#/overview`)
    } finally {
      await below.close()
    }
  })
})
