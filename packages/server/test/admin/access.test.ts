import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  adminPassword,
  beginSignIn,
  codeNow,
  decodeBase32,
  inviteFor,
  setUp,
  signIn,
} from '../support/administrators.ts'
import { openWebBrowser } from '../support/web-browser.ts'
import { openWorld, type Reply, type StoreKind, type World } from '../support/world.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

const outcome = ({ status, body }: Reply) => [status, body['code'] ?? 'ok']

describe.each<StoreKind>(['memory', 'sqlite'])('administrators, on %s', (storeKind) => {
  let world: World
  beforeEach(async () => {
    world = await openWorld({ storeKind })
  })
  afterEach(() => world.close())

  const kinds = async () => (await world.auth.events.list()).map(({ kind }) => kind)

  describe('a set-up link', () => {
    it('[AU-5] makes an administrator of its role, signed in by a strict cookie', async () => {
      const browser = openWebBrowser(world)
      const token = await inviteFor(world, 'operator')
      expect(token).toMatch(/^[\w-]{43}$/)
      const begun = await browser.ask('POST', '/v1/admin/set-up/begin', { json: { token } })
      const again = await browser.ask('POST', '/v1/admin/set-up/begin', { json: { token } })
      expect(begun.body).toMatchObject({ role: 'operator' })
      expect(again.body).toEqual(begun.body)
      const totp = decodeBase32(String(begun.body['totp_secret']))
      expect(totp).toHaveLength(20)
      const done = await browser.ask('POST', '/v1/admin/set-up', {
        json: { token, name: ' Li Hua ', password: adminPassword, code: codeNow(world, totp) },
      })
      expect(outcome(done)).toEqual([201, 'ok'])
      expect(done.headers.get('cache-control')).toBe('no-store')
      expect(done.body['admin']).toMatchObject({ name: 'Li Hua', role: 'operator' })
      const codes = done.body['recovery_codes'] as string[]
      expect(new Set(codes).size).toBe(10)
      for (const code of codes) expect(code).toMatch(/^([a-z2-7]{4}-){3}[a-z2-7]{4}$/)
      const [cookie = ''] = done.headers.getSetCookie()
      expect(cookie).toMatch(/^kaimen-admin=kma_[\w-]+; Path=\/; Max-Age=43200; HttpOnly;/)
      expect(cookie).toContain('SameSite=Strict')
      const session = await browser.ask('GET', '/v1/admin/session')
      expect(session.body['admin']).toEqual(done.body['admin'])
      expect(await kinds()).toEqual(['admin_invited', 'admin_set_up'])
    })

    it('works once, also for those who race', async () => {
      const token = await inviteFor(world, 'viewer')
      const browsers = ['A', 'B', 'C'].map((name) => ({ name, browser: openWebBrowser(world) }))
      const begun = await browsers[0]?.browser.ask('POST', '/v1/admin/set-up/begin', {
        json: { token },
      })
      const code = codeNow(world, decodeBase32(String(begun?.body['totp_secret'])))
      const outcomes = await Promise.all(
        browsers.map(async ({ name, browser }) =>
          outcome(
            await browser.ask('POST', '/v1/admin/set-up', {
              json: { token, name, password: adminPassword, code },
            }),
          ),
        ),
      )
      expect(outcomes.map(String).sort()).toEqual([
        '201,ok',
        '400,invite_invalid',
        '400,invite_invalid',
      ])
      expect(await world.auth.admins.list()).toHaveLength(1)
    })

    it('is over after a day, and was never any other', async () => {
      const browser = openWebBrowser(world)
      const token = await inviteFor(world, 'owner')
      const begin = (json: object) => browser.ask('POST', '/v1/admin/set-up/begin', { json })
      expect(outcome(await begin({ token: token.slice(1) }))).toEqual([400, 'invite_invalid'])
      world.clock.advance(24 * hourMs - 1)
      expect(outcome(await begin({ token }))).toEqual([200, 'ok'])
      world.clock.advance(1)
      expect(outcome(await begin({ token }))).toEqual([400, 'invite_invalid'])
    })

    it('survives a wrong code, a weak password and a name that is taken', async () => {
      await setUp(world, 'owner', 'Li Hua')
      const browser = openWebBrowser(world)
      const token = await inviteFor(world, 'owner')
      const begun = await browser.ask('POST', '/v1/admin/set-up/begin', { json: { token } })
      const totp = decodeBase32(String(begun.body['totp_secret']))
      const code = codeNow(world, totp)
      const finish = (change: object) =>
        browser.ask('POST', '/v1/admin/set-up', {
          json: { token, name: 'Wang', password: adminPassword, code, ...change },
        })
      const wrong = code === '000000' ? '000001' : '000000'
      expect(outcome(await finish({ code: wrong }))).toEqual([401, 'second_factor_wrong'])
      expect(outcome(await finish({ password: '12345678' }))).toEqual([400, 'password_weak'])
      expect(outcome(await finish({ name: 'LI hua' }))).toEqual([409, 'admin_name_taken'])
      for (const name of [' ', '<b>', 'a\nb', '-', 'x'.repeat(65)]) {
        expect(outcome(await finish({ name }))).toEqual([400, 'body_invalid'])
      }
      expect(outcome(await finish({}))).toEqual([201, 'ok'])
    })
  })

  describe('signing in', () => {
    it('takes name and password, then a code of the authenticator', async () => {
      const admin = await setUp(world, 'viewer', 'Li Hua')
      world.clock.advance(minuteMs)
      const browser = openWebBrowser(world)
      const begun = await beginSignIn(browser, 'li HUA ')
      expect(begun.body).toEqual({ ticket: expect.any(String), expires_in: 300 })
      expect(browser.cookies.size).toBe(0)
      expect(outcome(await browser.ask('GET', '/v1/admin/session'))).toEqual([
        401,
        'admin_required',
      ])
      const reply = await signIn(browser, 'Li Hua', codeNow(world, admin.totp))
      expect(reply.body['admin']).toMatchObject({ id: admin.id })
      expect((await browser.ask('GET', '/v1/admin/session')).status).toBe(200)
      expect((await world.auth.events.list()).at(-1)).toMatchObject({
        kind: 'admin_signed_in',
        detail: { admin_id: admin.id, by: 'authenticator' },
      })
    })

    it('refuses a code of the authenticator that was used, or is older', async () => {
      const admin = await setUp(world, 'viewer', 'Li')
      const browser = openWebBrowser(world)
      // The one that set it up counts as used.
      const used = await signIn(browser, 'Li', codeNow(world, admin.totp))
      expect(outcome(used)).toEqual([401, 'second_factor_wrong'])
      const next = codeNow(world, admin.totp, 1)
      expect((await signIn(browser, 'Li', next)).status).toBe(200)
      expect(outcome(await signIn(browser, 'Li', next))).toEqual([401, 'second_factor_wrong'])
      world.clock.advance(minuteMs)
      expect((await signIn(browser, 'Li', codeNow(world, admin.totp))).status).toBe(200)
    })

    it('takes each recovery code once, however it is typed', async () => {
      const admin = await setUp(world, 'viewer', 'Li')
      const [first = '', second = ''] = admin.recoveryCodes
      const browser = openWebBrowser(world)
      const typed = ` ${first.toUpperCase().replaceAll('-', ' ')}`
      expect((await signIn(browser, 'Li', typed)).status).toBe(200)
      expect(outcome(await signIn(browser, 'Li', first))).toEqual([401, 'second_factor_wrong'])
      const other = await setUp(world, 'viewer', 'Wang')
      expect(outcome(await signIn(browser, 'Wang', second))).toEqual([401, 'second_factor_wrong'])
      expect((await signIn(browser, 'Wang', other.recoveryCodes[9] ?? '')).status).toBe(200)
    })

    it('[AU-4] answers a name that nobody has as a wrong password', async () => {
      await setUp(world, 'viewer', 'Li')
      const browser = openWebBrowser(world)
      const [known, unknown] = [
        await beginSignIn(browser, 'Li', 'wrong'),
        await beginSignIn(browser, 'Nobody', 'wrong'),
      ]
      expect(outcome(known)).toEqual([401, 'admin_password_wrong'])
      expect(unknown.text).toBe(known.text)
      expect(known.headers.get('www-authenticate')).toBeNull()
      expect((await world.auth.events.list()).slice(-2).map(({ detail }) => detail)).toEqual([
        { admin_id: expect.any(String), step: 'password', code: 'admin_password_wrong' },
        { step: 'password', code: 'admin_password_wrong' },
      ])
    })

    it('answers what cannot be a name as one that nobody has', async () => {
      const browser = openWebBrowser(world)
      for (const name of ['\0', ' ', '\ud800', '<li>', 'x\ny', "' or 1=1 --"]) {
        expect(outcome(await beginSignIn(browser, name))).toEqual([401, 'admin_password_wrong'])
      }
    })

    it('[AU-2] locks a password after ten wrong ones, and every name alike', async () => {
      await setUp(world, 'viewer', 'Li')
      const browser = openWebBrowser(world)
      for (const name of ['Li', 'Nobody']) {
        for (let time = 0; time < 10; time++) await beginSignIn(browser, name, 'wrong')
        const locked = await beginSignIn(browser, name)
        expect(outcome(locked)).toEqual([429, 'rate_limited'])
        expect(locked.headers.get('retry-after')).toBe('900')
      }
      world.clock.advance(15 * minuteMs)
      expect((await beginSignIn(browser, 'Li')).status).toBe(200)
    })

    it('[AU-2] locks the second factor after ten wrong codes, and the password not', async () => {
      const admin = await setUp(world, 'viewer', 'Li')
      const browser = openWebBrowser(world)
      const right = () => codeNow(world, admin.totp, 1)
      const wrong = right() === '000000' ? '000001' : '000000'
      for (let time = 0; time < 10; time++) await signIn(browser, 'Li', wrong)
      expect(outcome(await signIn(browser, 'Li', right()))).toEqual([429, 'rate_limited'])
      const code = admin.recoveryCodes[0] ?? ''
      expect(outcome(await signIn(browser, 'Li', code))).toEqual([429, 'rate_limited'])
      world.clock.advance(15 * minuteMs)
      expect((await signIn(browser, 'Li', right())).status).toBe(200)
    })

    it('[AU-6] from one address is counted', async () => {
      await world.close()
      world = await openWorld({ storeKind, limits: { admin_per_address_hour: 2 } })
      const browser = openWebBrowser(world)
      const json = { token: 'x' }
      const ask = (address: string) =>
        browser.ask('POST', '/v1/admin/set-up/begin', { json, address })
      for (const expected of ['invite_invalid', 'invite_invalid', 'rate_limited']) {
        expect((await ask('203.0.113.1')).body['code']).toBe(expected)
      }
      expect((await ask('203.0.113.2')).body['code']).toBe('invite_invalid')
    })

    it('has five minutes from the first step to the second', async () => {
      const admin = await setUp(world, 'viewer', 'Li')
      const browser = openWebBrowser(world)
      const { ticket } = (await beginSignIn(browser, 'Li')).body
      const finish = (json: object) =>
        browser.ask('POST', '/v1/admin/sign-in/second-factor', { json })
      world.clock.advance(5 * minuteMs)
      const code = codeNow(world, admin.totp)
      expect(outcome(await finish({ ticket, code }))).toEqual([401, 'admin_required'])
      expect(outcome(await finish({ ticket: 'x', code }))).toEqual([401, 'admin_required'])
      const anew = (await beginSignIn(browser, 'Li')).body['ticket']
      expect(outcome(await finish({ ticket: anew, code }))).toEqual([200, 'ok'])
      const next = codeNow(world, admin.totp, 1)
      expect(outcome(await finish({ ticket: anew, code: next }))).toEqual([401, 'admin_required'])
    })
  })

  describe('a session', () => {
    it('ends after 30 minutes without use, and after 12 hours however it is used', async () => {
      const idle = await setUp(world, 'viewer', 'Li')
      const busy = await setUp(world, 'viewer', 'Wang')
      for (let time = 0; time < 24; time++) {
        expect((await busy.get('session')).status).toBe(200)
        world.clock.advance(30 * minuteMs - 1)
        if (time > 0) continue
        expect((await idle.get('session')).status).toBe(200)
      }
      world.clock.advance(24)
      expect(outcome(await busy.get('session'))).toEqual([401, 'admin_required'])
      expect(outcome(await idle.get('session'))).toEqual([401, 'admin_required'])
    })

    it.skipIf(storeKind === 'memory')(
      'is gone from the store once it ran out, as a set-up link is',
      async () => {
        await setUp(world, 'viewer', 'Li')
        await inviteFor(world, 'viewer')
        const rows = () => {
          const database = new DatabaseSync(world.path ?? '')
          const count = `select (select count(*) from admin_sessions) as sessions,
          (select count(*) from admin_invites) as invites`
          const { sessions, invites } = database.prepare(count).get() ?? {}
          database.close()
          return [sessions, invites]
        }
        await world.auth.tidy()
        expect(rows()).toEqual([1, 1])
        world.clock.advance(24 * hourMs + 1)
        await world.auth.tidy()
        expect(rows()).toEqual([0, 0])
      },
    )

    it('ends at sign-out, and at the end of the administrator', async () => {
      const owner = await setUp(world, 'owner', 'Owner')
      const li = await setUp(world, 'viewer', 'Li')
      const kept = new Map(li.browser.cookies)
      const signedOut = await li.post('sign-out')
      expect(signedOut.headers.getSetCookie()[0]).toContain('Max-Age=0')
      for (const [name, value] of kept) li.browser.cookies.set(name, value)
      expect(outcome(await li.get('session'))).toEqual([401, 'admin_required'])
      const wang = await setUp(world, 'viewer', 'Wang')
      expect((await owner.ask('DELETE', `admins/${wang.id}`)).status).toBe(200)
      expect(outcome(await wang.get('session'))).toEqual([401, 'admin_required'])
      expect(outcome(await beginSignIn(wang.browser, 'Wang'))).toEqual([
        401,
        'admin_password_wrong',
      ])
    })

    it('[WB-2] counts for pages of publicUrl alone, not even for those of the shop', async () => {
      await world.close()
      const shop = 'http://shop.kaimen.test'
      world = await openWorld({ storeKind, web: { origins: [shop] } })
      const owner = await setUp(world, 'owner', 'Owner')
      const ask = (method: string, origin: string | null, site: string | null) =>
        owner.browser.ask(method, '/v1/admin/session', { origin, site })
      expect((await ask('GET', null, 'same-origin')).status).toBe(200)
      for (const [origin, site] of [
        [shop, 'same-site'],
        ['https://evil.example', 'cross-site'],
        ['null', null],
        [null, 'cross-site'],
      ] as const) {
        const refused = await ask('GET', origin, site)
        expect(outcome(refused)).toEqual([403, 'origin_refused'])
        expect(refused.body['detail']).toContain('http://kaimen.test/console/')
      }
      const invite = (origin: string | null, site: string | null) =>
        owner.browser.ask('POST', '/v1/admin/invites', { json: { role: 'owner' }, origin, site })
      for (const origin of [shop, null]) {
        expect(outcome(await invite(origin, 'same-site'))).toEqual([403, 'origin_refused'])
      }
      const signingIn = await owner.browser.ask('POST', '/v1/admin/sign-in', {
        json: { name: 'Owner', password: adminPassword },
        origin: shop,
      })
      expect(outcome(signingIn)).toEqual([403, 'origin_refused'])
    })

    it('[WB-1] is in a cookie that only this host can set, where there is TLS', async () => {
      await world.close()
      world = await openWorld({ storeKind, publicUrl: 'https://kaimen.test' })
      const browser = openWebBrowser(world)
      const token = await inviteFor(world, 'viewer')
      const origin = 'https://kaimen.test'
      const begun = await browser.ask('POST', '/v1/admin/set-up/begin', { json: { token }, origin })
      const code = codeNow(world, decodeBase32(String(begun.body['totp_secret'])))
      const json = { token, name: 'Li', password: adminPassword, code }
      const done = await browser.ask('POST', '/v1/admin/set-up', { json, origin })
      expect(done.headers.getSetCookie()[0]).toMatch(
        /^__Host-kaimen-admin=\S+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure$/,
      )
    })

    it('is not a person’s: neither cookie stands for the other', async () => {
      const admin = await setUp(world, 'owner', 'Li')
      const value = admin.browser.cookies.get('kaimen-admin') ?? ''
      const headers = { cookie: `kaimen=${value}`, 'sec-fetch-site': 'same-origin' }
      const asPerson = await world.send('GET', '/v1/me', { headers })
      expect(asPerson.status).toBe(401)
      const { session_id, access_token } = await world.signIn()
      for (const cookie of [access_token, session_id, value.slice(0, -1), `${value}x`, '']) {
        const forged = { cookie: `kaimen-admin=${cookie}`, 'sec-fetch-site': 'same-origin' }
        const reply = await world.send('GET', '/v1/admin/session', { headers: forged })
        expect(outcome(reply)).toEqual([401, 'admin_required'])
      }
    })
  })
})
