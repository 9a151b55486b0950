import { expect } from 'vitest'
import type { AdminRole } from '@kaimen/protocol'
import { totpCode, totpStep } from '../../src/admin/totp.ts'
import type { Reply, World } from './world.ts'
import { openWebBrowser, type WebBrowser } from './web-browser.ts'

export const adminPassword = 'granite lantern orchard'

/** An administrator at their browser, signed in. */
export type Administrator = {
  readonly id: string
  readonly name: string
  readonly browser: WebBrowser
  readonly totp: Uint8Array
  readonly recoveryCodes: readonly string[]
  get(path: string): Promise<Reply>
  post(path: string, json?: object): Promise<Reply>
  ask(method: string, path: string, json?: object): Promise<Reply>
}

/** RFC 4648 section 6, the other way. */
export function decodeBase32(text: string): Uint8Array {
  const bits = Array.from(text, (letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  ).join('')
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2))
}

/** What the authenticator shows now. */
export const codeNow = (world: World, totp: Uint8Array, steps = 0): string =>
  totpCode(totp, totpStep(world.clock.now()) + steps)

/** The token of a set-up link that the command makes. */
export async function inviteFor(world: World, role: AdminRole): Promise<string> {
  return (await world.auth.admins.invite({ role })).token.reveal()
}

/** Follows a set-up link to its end. */
export async function setUp(world: World, role: AdminRole, name: string): Promise<Administrator> {
  const browser = openWebBrowser(world)
  const token = await inviteFor(world, role)
  const begun = await browser.ask('POST', '/v1/admin/set-up/begin', { json: { token } })
  expect(begun.status).toBe(200)
  const totp = decodeBase32(String(begun.body['totp_secret']))
  const done = await browser.ask('POST', '/v1/admin/set-up', {
    json: { token, name, password: adminPassword, code: codeNow(world, totp) },
  })
  expect(done.status).toBe(201)
  const ask = (method: string, path: string, json?: object) =>
    browser.ask(method, `/v1/admin/${path}`, { ...(json && { json }) })
  return {
    id: (done.body['admin'] as { id: string }).id,
    name,
    browser,
    totp,
    recoveryCodes: done.body['recovery_codes'] as string[],
    ask,
    get: (path) => ask('GET', path),
    post: (path, json) => ask('POST', path, json),
  }
}

/** The first step of signing in. */
export const beginSignIn = (browser: WebBrowser, name: string, password = adminPassword) =>
  browser.ask('POST', '/v1/admin/sign-in', { json: { name, password } })

/** Both steps. @returns What the second answered. */
export async function signIn(browser: WebBrowser, name: string, code: string): Promise<Reply> {
  const begun = await beginSignIn(browser, name)
  expect(begun.status).toBe(200)
  const ticket = begun.body['ticket']
  return browser.ask('POST', '/v1/admin/sign-in/second-factor', { json: { ticket, code } })
}
