// A Kaimen server before an emulated WeChat, with the console's page, and an administrator's browser.

import { createHmac, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEmulator, seedWorld } from '@kaimen/emulator'
import type { AdminRole } from '@kaimen/protocol'
import { createAuth, systemClock, type Auth } from '@kaimen/server'
import { listen } from '@kaimen/server/node'
import { createMemoryStore } from '@kaimen/server/store/memory'
import type { Page } from 'playwright-core'
import { build } from 'vite'
import { freePort } from '../../../../tools/support/free-port.ts'

export const [liHua, wangFang] = seedWorld.people
/** Under one Open Platform account, and outside of it. */
export const [shop, outsider] = seedWorld.apps.filter(({ kind }) => kind === 'mini_program') as [
  App,
  App,
]
type App = (typeof seedWorld.apps)[number]

const password = 'granite lantern orchard'

export type Office = {
  readonly url: string
  readonly auth: Auth
  /** Moves the server's clock. */
  advance(ms: number): void
  /** Asks the emulator's control plane. */
  control(method: string, path: string, body: object): Promise<Record<string, unknown>>
  /** A person signs in on their phone. @returns The reply; WeChat refuses a code that is given. */
  signIn(person: string, app?: App, code?: string): Promise<SignedIn>
  /** By WeChat's phone button: their number is known after it. */
  signInByPhone(person: string): Promise<SignedIn>
  /** What the authenticator with this secret shows now; each counts once. */
  code(secret: string): Promise<string>
  invite(role: AdminRole): Promise<string>
  /** The server is gone, as by a crash. */
  stop(): Promise<void>
  close(): Promise<void>
}

type SignedIn = {
  readonly status: number
  readonly access_token: string
  readonly user: { readonly id: string }
}

/** Builds the page as it is published. @returns The folder. */
export async function buildConsole(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'kaimen-console-'))
  await build({
    root: join(import.meta.dirname, '../..'),
    logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true },
  })
  return folder
}

export function removeConsole(folder: string): void {
  rmSync(folder, { recursive: true })
}

/** @param path Of `publicUrl`, such as `/auth`. Default none. */
export async function openOffice(folder: string, path = ''): Promise<Office> {
  let aheadMs = 0
  const clock = { ...systemClock, now: () => Date.now() + aheadMs }
  const emulator = await createEmulator({ port: 0 })
  const store = createMemoryStore(clock)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}${path}`
  const auth = createAuth({
    publicUrl: url,
    secret: randomBytes(36).toString('base64url'),
    apps: [shop, outsider].map(({ appid, secret, kind }) => ({
      app_id: appid,
      secret,
      kind,
      // The outsider's binding is news to WeChat only later.
      open_platform: 'open-platform-1',
    })),
    store,
    clock,
    wechat: { baseUrl: emulator.url },
    console: {
      folder,
      examine: () =>
        Promise.resolve({
          checks: [
            {
              check: 'database',
              status: 'ok',
              says: { 'zh-CN': '数据库正常', en: 'The database answers' },
            },
          ],
          apps: [
            {
              app_id: shop.appid,
              checks: [
                {
                  check: 'credentials',
                  status: 'failed',
                  says: { 'zh-CN': '微信不认这个 AppSecret', en: 'WeChat refuses the AppSecret' },
                  fix: { 'zh-CN': '重置它并更新配置', en: 'Reset it and change the settings' },
                  errcode: 40125,
                },
              ],
            },
          ],
        }),
    },
    report: () => {},
  })
  const server = await listen(auth, { port })
  /** The last step that was typed for a secret. */
  const steps = new Map<string, number>()

  async function control(method: string, at: string, body: object) {
    const response = await fetch(emulator.url + at, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return (await response.json()) as Record<string, unknown>
  }

  async function tap(button: string, appid: string, person: string) {
    return (await control('POST', `/emulator/wx/${button}`, { appid, person }))['code']
  }

  async function post(at: string, body: object): Promise<SignedIn> {
    const reply = await fetch(url + at, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { ...((await reply.json()) as SignedIn), status: reply.status }
  }

  return {
    url,
    auth,
    advance(ms) {
      aheadMs += ms
    },
    control,
    async signIn(person, { appid } = shop, given) {
      const code = given ?? (await tap('login', appid, person))
      return post('/v1/sign-in/wechat', {
        app_id: appid,
        code,
        device: { model: 'iPhone 15' },
      })
    },
    async signInByPhone(person) {
      const { appid } = shop
      const phone_code = await tap('getPhoneNumber', appid, person)
      const code = await tap('login', appid, person)
      return post('/v1/sign-in/phone', { app_id: appid, code, phone_code })
    },
    code(secret) {
      const now = Math.floor(clock.now() / 30_000)
      const step = Math.max(now, (steps.get(secret) ?? 0) + 1)
      // Not before its time: the server's clock follows the one who types.
      if (step > now) aheadMs += (step - now) * 30_000
      steps.set(secret, step)
      return Promise.resolve(readAuthenticator(secret, step))
    },
    async invite(role) {
      const { token } = await auth.admins.invite({ role })
      return `${url}/console/#/set-up/${token.reveal()}`
    },
    stop: () => server.close(),
    async close() {
      await server.close()
      await auth.close()
      await store.close()
      await emulator.close()
    },
  }
}

/** RFC 6238, read once more than the server does. @param secret In base32. */
function readAuthenticator(secret: string, step: number): string {
  const bits = Array.from(secret, (letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  ).join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', key).update(counter).digest()
  const from = (mac.at(-1) ?? 0) & 15
  return String((mac.readUInt32BE(from) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

export type Colleague = {
  readonly name: string
  /** Of their authenticator. */
  readonly secret: string
  readonly recoveryCodes: readonly string[]
}

export async function setUp(
  page: Page,
  office: Office,
  role: AdminRole,
  name: string,
): Promise<Colleague> {
  return followLink(page, office, await office.invite(role), name)
}

/** Follows a set-up link, in English, to the overview. */
export async function followLink(
  page: Page,
  office: Office,
  link: string,
  name: string,
): Promise<Colleague> {
  await page.goto(link)
  const secret = (await page.locator('.factor .secret').innerText()).replace(/\s/g, '')
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByLabel('Password again').fill(password)
  await page.getByLabel('Six digits').fill(await office.code(secret))
  await page.getByRole('button', { name: 'Finish' }).click()
  await expectHeading(page, 'Keep the recovery codes')
  const recoveryCodes = await page.locator('.codes code').allInnerTexts()
  await page.getByLabel('I have kept them').check()
  await page.getByRole('button', { name: 'To the console' }).click()
  await expectHeading(page, 'Overview')
  return { name, secret, recoveryCodes }
}

/** Name and password; the second factor is asked for next. */
export async function beginSignIn(page: Page, name: string): Promise<void> {
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Next' }).click()
}

export async function open(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name, exact: true }).click()
  await expectHeading(page, name)
}

/** Presses what asks, then what does. @returns What the page says happened. */
export async function act(page: Page, asks: string, does: string, typed?: string): Promise<string> {
  await page.getByRole('button', { name: asks }).first().click()
  const dialog = page.getByRole('dialog')
  if (typed !== undefined) await dialog.getByRole('textbox').fill(typed)
  await dialog.getByRole('button', { name: does, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  return page.locator('.notice').last().innerText()
}

/** @throws Where it is not there in time. */
export async function expectHeading(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { name, level: 1 }).waitFor()
}
