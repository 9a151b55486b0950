import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  liHua,
  openAppId,
  openWorld,
  phoneAppId,
  wangFang,
  type StoreKind,
  type World,
} from './support/world.ts'

const path = '/v1/sign-in/wechat'
const otherApp = 'wx00000000000000aa'

describe.each<StoreKind>(['memory', 'sqlite'])('sign-in by WeChat, on %s', (storeKind) => {
  let world: World
  beforeEach(async () => void (world = await openWorld({ storeKind })))
  afterEach(() => world.close())

  const post = (json: unknown, headers: Record<string, string> = {}) =>
    world.send('POST', path, { json, headers })

  it('makes a user at first sight, and knows the person again (R3, R1)', async () => {
    const first = await world.signIn()
    const second = await world.signIn()
    expect(first).toMatchObject({ status: 'signed_in', is_new_user: true, token_type: 'Bearer' })
    expect(first).toMatchObject({ expires_in: 900, refresh_expires_in: 30 * 86400 })
    expect(second.is_new_user).toBe(false)
    expect(second.user).toEqual(first.user)
  })

  it('[SE-3] opens a new session at every sign-in', async () => {
    const first = await world.signIn()
    const second = await world.signIn()
    expect(second.session_id).not.toBe(first.session_id)
    expect(second.refresh_token).not.toBe(first.refresh_token)
  })

  it('tells two people apart', async () => {
    const one = await world.signIn({ person: liHua })
    const two = await world.signIn({ person: wangFang })
    expect(two.user.id).not.toBe(one.user.id)
  })

  it('asks for a phone where the app does, and makes no user yet (R4)', async () => {
    const code = await world.wxLogin(liHua, phoneAppId)
    const { status, body } = await post({ app_id: phoneAppId, code })
    expect(status).toBe(200)
    expect(body).toEqual({
      status: 'phone_required',
      ticket: expect.stringMatching(/^kmt_[\w-]{43}$/),
      expires_in: 600,
    })
    expect(world.events).toEqual([])
  })

  it('names no app where there are two mini programs: app_unknown', async () => {
    const code = await world.wxLogin()
    expect((await post({ code })).body['code']).toBe('app_unknown')
    expect(await world.exchanges()).toBe(0)
  })

  it('refuses the code of one app at another, and says what to compare', async () => {
    const code = await world.wxLogin(liHua, phoneAppId)
    const { status, body } = await post({ app_id: openAppId, code })
    expect({ status, code: body['code'] }).toEqual({ status: 400, code: 'code_invalid' })
    expect(body['detail']).toContain('AppID')
    expect(body['wechat']).toMatchObject({ errcode: 40029 })
  })

  it('tells a code of the phone button from one of wx.login, and says where it belongs', async () => {
    const tap = { appid: openAppId, person: liHua }
    const { code } = await world.control('POST', '/emulator/wx/getPhoneNumber', tap)
    const reply = await post({ app_id: openAppId, code }, { 'accept-language': 'en' })
    expect(reply).toMatchObject({ status: 400, body: { code: 'code_invalid' } })
    expect(reply.body['detail']).toContain('phone button')
    expect(reply.text).not.toContain(String(code))
  })

  it('[WX-3] refuses a code after five minutes', async () => {
    const code = await world.wxLogin()
    await world.control('POST', '/emulator/clock', { advance_seconds: 301 })
    expect((await post({ app_id: openAppId, code })).body['code']).toBe('code_invalid')
  })

  it('[WX-12] takes no openid or unionid for an identity', async () => {
    const { openid } = await exchangeBehindItsBack(world)
    for (const fields of [{ openid }, { code: openid }, { openid, code: await world.wxLogin() }]) {
      const { status, body } = await post({ app_id: openAppId, ...fields })
      expect(status).toBe(400)
      expect(body['status']).not.toBe('signed_in')
    }
    for (const header of ['x-wx-openid', 'x-wx-unionid', 'authorization']) {
      const { status } = await world.send('GET', '/v1/me', { headers: { [header]: openid } })
      expect(status).toBe(401)
    }
  })

  it('[WX-11] refuses a disabled user by every way in, until enabled again (R1)', async () => {
    const { user, access_token, refresh_token } = await world.signIn()
    expect(await world.auth.users.disable(user.id)).toBe('changed')

    const signIn = await post({ app_id: openAppId, code: await world.wxLogin() })
    const refresh = await world.send('POST', '/v1/token', {
      json: { grant_type: 'refresh_token', refresh_token },
    })
    const me = await world.send('GET', '/v1/me', { token: access_token })
    const sessions = await world.send('GET', '/v1/me/sessions', { token: access_token })
    for (const { status, body } of [signIn, refresh, me, sessions]) {
      expect({ status, code: body['code'] }).toEqual({ status: 403, code: 'user_disabled' })
    }

    await world.auth.users.enable(user.id)
    expect((await world.signIn()).user.id).toBe(user.id)
    const old = await world.send('GET', '/v1/me', { token: access_token })
    expect(old.body['code']).toBe('session_ended')
    expect(await world.auth.users.disable('usr_00000000000')).toBe('not_found')
    expect(await world.auth.users.disable('nonsense')).toBe('not_found')
  })

  it('keeps the session_key sealed, and opens it only in its own place', async () => {
    await world.signIn()
    const { openid, session_key } = await exchangeBehindItsBack(world)
    const sealed = await world.store.findSessionKey({ app_id: openAppId, openid })
    expect(Buffer.from(sealed ?? []).toString('latin1')).not.toContain(session_key)
  })

  describe('the same code again (R11)', () => {
    const key = { 'idempotency-key': 'a-random-text' }

    it('[WX-3] fifty at once with one Idempotency-Key get the same session, from one exchange (R11)', async () => {
      const code = await world.wxLogin()
      const replies = await Promise.all(
        Array.from({ length: 50 }, () => post({ app_id: openAppId, code }, key)),
      )
      expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200))
      expect(new Set(replies.map(({ body }) => body['session_id'])).size).toBe(1)
      expect(new Set(replies.map(({ body }) => body['refresh_token'])).size).toBe(1)
      expect(new Set(replies.map(({ body }) => body['is_new_user']))).toEqual(new Set([true]))
      expect(await world.exchanges()).toBe(1)
      expect(world.events.filter(({ kind }) => kind === 'signed_in')).toHaveLength(1)
    })

    it('[WX-3] fifty at once without a key make one exchange and one session', async () => {
      const code = await world.wxLogin()
      const replies = await Promise.all(
        Array.from({ length: 50 }, () => post({ app_id: openAppId, code })),
      )
      const codes = replies.map(({ body }) => body['code'] ?? body['status'])
      expect(codes.filter((each) => each === 'signed_in')).toHaveLength(1)
      expect(codes.filter((each) => each === 'code_used')).toHaveLength(49)
      expect(await world.exchanges()).toBe(1)
    })

    it('with another key, or none, is answered code_used (R11)', async () => {
      const code = await world.wxLogin()
      await post({ app_id: openAppId, code }, key)
      const other = await post({ app_id: openAppId, code }, { 'idempotency-key': 'another' })
      const none = await post({ app_id: openAppId, code })
      expect([other.body['code'], none.body['code']]).toEqual(['code_used', 'code_used'])
      expect(await world.exchanges()).toBe(1)
    })

    it('after 60 seconds it is WeChat’s to refuse (R11)', async () => {
      const code = await world.wxLogin()
      await post({ app_id: openAppId, code }, key)
      world.clock.advance(60_001)
      const late = await post({ app_id: openAppId, code }, key)
      expect(late.body).toMatchObject({ code: 'code_used', wechat: { errcode: 40163 } })
    })

    it('gives the same ticket where a phone is required', async () => {
      const code = await world.wxLogin(liHua, phoneAppId)
      const first = await post({ app_id: phoneAppId, code }, key)
      world.clock.advance(10_000)
      const second = await post({ app_id: phoneAppId, code }, key)
      expect(second.body).toEqual({ ...first.body, expires_in: 590 })
    })

    it('gives no tokens of a session that has ended meanwhile', async () => {
      const code = await world.wxLogin()
      const first = await post({ app_id: openAppId, code }, key)
      await world.send('POST', '/v1/revoke', { json: { token: first.body['refresh_token'] } })
      expect((await post({ app_id: openAppId, code }, key)).body['code']).toBe('session_ended')
    })
  })

  describe('one person, several apps', () => {
    const addApp = (open_platform: string | null) =>
      world.control('POST', '/emulator/apps', {
        kind: 'mini_program',
        appid: otherApp,
        secret: '0123456789abcdef0123456789abcdef',
        open_platform,
      })

    async function reopen(open_platform: string | null) {
      await world.close()
      world = await openWorld({
        storeKind,
        apps: (seeded) => [
          ...seeded,
          { app_id: otherApp, secret: '0123456789abcdef0123456789abcdef', open_platform },
        ],
      })
      await addApp(open_platform)
    }

    it('under one Open Platform account is one user (R2)', async () => {
      await reopen('open-platform-1')
      const here = await world.signIn({ app_id: openAppId })
      const there = await world.signIn({ app_id: otherApp })
      expect(there.user.id).toBe(here.user.id)
      expect(there.is_new_user).toBe(false)
      expect(world.events.map((event) => 'decision' in event && event.decision)).toEqual([
        'create',
        'link',
      ])
    })

    it('outside it is another user (R2)', async () => {
      await reopen(null)
      const here = await world.signIn({ app_id: openAppId })
      const there = await world.signIn({ app_id: otherApp })
      expect(there.user.id).not.toBe(here.user.id)
    })

    it('[WX-8] a unionid that arrives late is stored, and makes no second user (R9)', async () => {
      await reopen('open-platform-1')
      await world.control('PATCH', `/emulator/apps/${openAppId}`, { open_platform: null })
      const before = await world.signIn({ app_id: openAppId })
      await world.control('PATCH', `/emulator/apps/${openAppId}`, {
        open_platform: 'open-platform-1',
      })
      const after = await world.signIn({ app_id: openAppId })
      const elsewhere = await world.signIn({ app_id: otherApp })
      expect([after.user.id, elsewhere.user.id]).toEqual([before.user.id, before.user.id])
    })

    it('[WX-8] a late unionid that another user holds neither fails the login nor merges the two (R9)', async () => {
      await reopen('open-platform-1')
      await world.control('PATCH', `/emulator/apps/${openAppId}`, { open_platform: null })
      const before = await world.signIn({ app_id: openAppId })
      const holder = await world.signIn({ app_id: otherApp })
      expect(holder.user.id).not.toBe(before.user.id)
      await world.control('PATCH', `/emulator/apps/${openAppId}`, {
        open_platform: 'open-platform-1',
      })
      const after = await world.signIn({ app_id: openAppId })
      expect(after.user.id).toBe(before.user.id)
      expect((await world.signIn({ app_id: otherApp })).user.id).toBe(holder.user.id)
      expect(world.events.at(-3)).toMatchObject({ kind: 'signed_in', decision: 'conflict' })
    })

    it('[WX-8] ten first sign-ins of one person at once, in two apps, make one user', async () => {
      await reopen('open-platform-1')
      const users = await Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          world.signIn({ app_id: i % 2 ? openAppId : otherApp }),
        ),
      )
      expect(new Set(users.map(({ user }) => user.id)).size).toBe(1)
      expect(users.filter(({ is_new_user }) => is_new_user)).toHaveLength(1)
    })
  })

  describe('the host’s own say', () => {
    it('admit refuses with a reason that the client is shown, and nothing is written', async () => {
      await world.close()
      const seen: unknown[] = []
      world = await openWorld({
        storeKind,
        admit(attempt) {
          seen.push(attempt)
          return { refuse: { 'zh-CN': '仅限员工', en: 'Staff only' } }
        },
      })
      const code = await world.wxLogin()
      const reply = await post({ app_id: openAppId, code }, { 'accept-language': 'en' })
      expect(reply).toMatchObject({
        status: 403,
        body: { code: 'sign_in_refused', detail: 'Staff only' },
      })
      expect(seen).toEqual([
        {
          proof: expect.objectContaining({ kind: 'wechat', app_id: openAppId }) as unknown,
          user: undefined,
        },
      ])
      expect(JSON.stringify(seen)).not.toContain('session_key')
      const failed = { kind: 'sign_in_failed', app_id: openAppId, by: 'wechat' }
      expect(world.events).toEqual([{ ...failed, code: 'sign_in_refused' }])
    })

    it('claims are added to the access token, and never replace one of ours', async () => {
      await world.close()
      world = await openWorld({
        storeKind,
        claims: () => ({ role: 'vip', sub: 'somebody', exp: 1 }),
      })
      const { access_token, user } = await world.signIn()
      const claims = decode(access_token)
      expect(claims).toMatchObject({ role: 'vip', sub: user.id })
      expect((await world.send('GET', '/v1/me', { token: access_token })).status).toBe(200)
    })

    it('an event handler that throws is reported and harms nobody', async () => {
      await world.close()
      world = await openWorld({
        storeKind,
        on() {
          throw new Error('the host’s own failure')
        },
      })
      await world.signIn()
      await new Promise((resolve) => setTimeout(resolve, 5))
      expect(String(world.reports[0]?.[0])).toContain('signed_in')
    })
  })
})

describe('random histories of sign-ins', () => {
  it('[WX-8] one person under one Open Platform account is never two users, and no two people one', async () => {
    const action = fc.record({
      person: fc.constantFrom('li-hua', 'wang-fang', 'chen-mei'),
      app_id: fc.constantFrom(openAppId, otherApp),
      parallel: fc.integer({ min: 1, max: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 12 }), async (history) => {
        const fresh = await openWorld({
          apps: (seeded) => [
            ...seeded,
            { app_id: otherApp, secret: '0'.repeat(32), open_platform: 'open-platform-1' },
          ],
        })
        try {
          await fresh.control('POST', '/emulator/apps', {
            kind: 'mini_program',
            appid: otherApp,
            secret: '0'.repeat(32),
            open_platform: 'open-platform-1',
          })
          const userOf = new Map<string, string>()
          for (const { person, app_id, parallel } of history) {
            const replies = await Promise.all(
              Array.from({ length: parallel }, () => fresh.signIn({ person, app_id })),
            )
            for (const { user } of replies) {
              expect(userOf.get(person) ?? user.id).toBe(user.id)
              userOf.set(person, user.id)
            }
          }
          expect(new Set(userOf.values()).size).toBe(userOf.size)
        } finally {
          await fresh.close()
        }
      }),
      { numRuns: 25 },
    )
  })
})

/** What WeChat knows of the person, asked without the server. */
async function exchangeBehindItsBack(
  world: World,
): Promise<{ openid: string; session_key: string }> {
  const { apps } = await world.control('GET', '/emulator/world')
  const app = (apps as { appid: string; secret: string }[]).find(({ appid }) => appid === openAppId)
  const query = new URLSearchParams({
    appid: openAppId,
    secret: app?.secret ?? '',
    js_code: await world.wxLogin(),
    grant_type: 'authorization_code',
  })
  const response = await fetch(`${world.emulator.url}/sns/jscode2session?${query.toString()}`)
  return JSON.parse(await response.text()) as { openid: string; session_key: string }
}

function decode(token: string): Record<string, unknown> {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')
  return JSON.parse(payload) as Record<string, unknown>
}
