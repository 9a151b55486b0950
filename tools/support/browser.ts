// A real Chromium, driven as a person would. TEST_CHROMIUM is its path.

import { chromium, type BrowserContext, type BrowserContextOptions } from 'playwright-core'
import { isSkipped } from '../services/skip.ts'

const executablePath = process.env['TEST_CHROMIUM']

/** For `skipIf` of the tests that need it. */
export const lacksChromium = isSkipped('Chromium (at TEST_CHROMIUM)', executablePath !== undefined)

type WindowOptions = BrowserContextOptions & {
  /** Errors that this test brings about; default none. */
  readonly expects?: readonly RegExp[]
}

export type Browser = {
  /** A person's own: it shares cookies and storage with no other. */
  openWindow(options?: WindowOptions): Promise<BrowserContext>
  /**
   * Closes every window; call it after each test.
   *
   * @throws Where a page wrote an error to its console, left one uncaught, or crashed.
   */
  closeWindows(): Promise<void>
  close(): Promise<void>
}

/** What a page may reach: a test that needs the internet is a mistake. */
const loopbackOnly = 'MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost'

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-proxy-server',
  `--host-resolver-rules=${loopbackOnly}`,
]

/** With a profile of its own, which is gone when it is closed. */
export async function openBrowser(): Promise<Browser> {
  if (executablePath === undefined) throw new Error('TEST_CHROMIUM is not set.')
  const browser = await chromium.launch({ executablePath, headless: true, args: flags })
  const problems: string[] = []

  async function openWindow({ expects = [], ...options }: WindowOptions = {}) {
    const report = (problem: string) => {
      if (!expects.some((expected) => expected.test(problem))) problems.push(problem)
    }
    const window = await browser.newContext(options)
    window.on('console', (message) => {
      const { url } = message.location()
      // No page asked for that one.
      if (message.type() !== 'error' || url.endsWith('/favicon.ico')) return
      report(`${message.text()} (${url})`)
    })
    window.on('weberror', (error) => report(`uncaught: ${error.error().stack}`))
    window.on('page', (page) => page.on('crash', () => report(`${page.url()} crashed`)))
    return window
  }

  async function closeWindows() {
    await Promise.all(browser.contexts().map((window) => window.close()))
    const [...found] = problems.splice(0)
    if (found.length > 0) throw new Error(`The pages had errors:\n${found.join('\n')}`)
  }

  return { openWindow, closeWindows, close: () => browser.close() }
}
