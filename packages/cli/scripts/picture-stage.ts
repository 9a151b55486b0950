// Takes the picture of the stage that the documents show, from a `kaimen dev` of its own.
// Usage: TEST_CHROMIUM=/usr/bin/chromium node --conditions=@kaimen/source packages/cli/scripts/picture-stage.ts

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBrowser } from '../../../tools/support/browser.ts'

const root = join(import.meta.dirname, '../../..')
const pictures = join(root, 'docs/pictures')
const dataDir = await mkdtemp(join(tmpdir(), 'kaimen-picture-'))
const port = '4110'
const dev = spawn(
  process.execPath,
  ['--conditions=@kaimen/source', join(root, 'packages/cli/src/main.ts'), 'dev'],
  {
    cwd: root,
    env: {
      PATH: process.env['PATH'],
      KAIMEN_PORT: port,
      KAIMEN_EMULATOR_PORT: '4111',
      KAIMEN_EMULATOR_TLS_PORT: '0',
      KAIMEN_DATA_DIR: dataDir,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  },
)
const browser = await openBrowser()
try {
  await new Promise<void>((resolve) => {
    dev.stdout.on('data', (text) => String(text).includes('Ctrl-C') && resolve())
  })
  await mkdir(pictures, { recursive: true })
  const window = await browser.openWindow({
    viewport: { width: 1440, height: 900 },
    locale: 'zh-CN',
    colorScheme: 'light',
  })
  const page = await window.newPage()
  await page.goto(`http://127.0.0.1:${port}/stage/`)
  const phone = page.frameLocator('#phone-1 iframe')
  await phone.locator('#sign-in').click()
  await phone.locator('#user-id').waitFor()
  await page.frameLocator('#phone-2 iframe').locator('#sign-in').waitFor()
  const exchange = page.locator('.label', { hasText: 'openid, unionid' })
  await exchange.click()
  await page.locator('.details').waitFor()
  await page.mouse.move(0, 0)
  // The newest row has come to rest.
  await page.waitForTimeout(500)
  await page.screenshot({ path: join(pictures, 'stage.png') })
  await browser.closeWindows()
} finally {
  await browser.close()
  const ended = once(dev, 'exit')
  dev.kill()
  await ended
  await rm(dataDir, { recursive: true, force: true })
}
