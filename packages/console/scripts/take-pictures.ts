// Makes the pictures of the console in its README: a day of sign-ins, lived through in seconds, then
// Chromium at TEST_CHROMIUM. Usage: take-pictures.ts [folder]

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openBrowser } from '../../../tools/support/browser.ts'
import {
  buildConsole,
  openOffice,
  outsider,
  removeConsole,
  setUp,
  shop,
  type Office,
} from '../test/support/office.ts'

const [folder = join(import.meta.dirname, '../pictures')] = process.argv.slice(2)
const hourMs = 3_600_000
const nicknames = ['李雷', '韩梅梅', '小满', 'Zoë', '阿明', '林一', '周末', 'Anna', '大熊', '木子']

/** How many sign in, by the hour: people sleep. */
const rhythm = [
  9, 4, 2, 1, 1, 2, 6, 12, 16, 14, 13, 15, 18, 16, 13, 12, 14, 17, 21, 24, 26, 22, 17, 12,
]

/** @returns Somebody worth a look. */
async function liveADay(office: Office): Promise<string> {
  office.advance(-rhythm.length * hourMs)
  const people: string[] = []
  let id = ''
  for (const [hour, visits] of rhythm.entries()) {
    for (let visit = 0; visit < visits; visit += 1) {
      office.advance(hourMs / visits)
      // Every fifth is somebody new.
      if (visit % 5 === 0) people.push(await addPerson(office, people.length))
      const person = people[(hour * 7 + visit * 3) % people.length] ?? ''
      if (visit % 9 === 8) await office.signIn(person, shop, '0'.repeat(32))
      else if (visit % 4 === 3) {
        const { user } = await office.signInByPhone(person)
        if (hour > 18 && id === '') id = user.id
      } else await office.signIn(person, visit % 6 === 5 ? outsider : shop)
    }
  }
  return id
}

async function addPerson(office: Office, count: number): Promise<string> {
  const nickname = nicknames[count % nicknames.length]
  const { id } = await office.control('POST', '/emulator/people', {
    nickname,
    phone: `138001${String(38_100 + count)}`,
    country_code: '86',
  })
  const { access_token } = await office.signIn(String(id))
  await fetch(`${office.url}/v1/me`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ nickname }),
  })
  return String(id)
}

mkdirSync(folder, { recursive: true })
const [browser, page] = await Promise.all([openBrowser(), buildConsole()])
const office = await openOffice(page)
try {
  const id = await liveADay(office)
  for (const [picture, address, colorScheme, name] of [
    ['overview', 'overview', 'light', 'Li Wei'],
    ['user', `users/${id}`, 'dark', 'Han Mei'],
  ] as const) {
    const window = await browser.openWindow({
      locale: 'en-GB',
      colorScheme,
      viewport: { width: 1280, height: 720 },
      deviceScaleFactor: 1,
      expects: [/status of 401/],
    })
    const tab = await window.newPage()
    await setUp(tab, office, 'owner', name)
    for (const [language, suffix] of [
      ['en', ''],
      ['zh-CN', '.zh-CN'],
    ] as const) {
      await tab.goto(`${office.url}/console/#/${address}`)
      await tab.locator('#menu-body select').first().selectOption(language)
      await tab.waitForLoadState('networkidle')
      await tab.screenshot({ path: join(folder, `${picture}${suffix}.png`) })
    }
  }
} finally {
  await browser.close()
  await office.close()
  removeConsole(page)
}
