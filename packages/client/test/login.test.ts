import { describe, expect, it } from 'vitest'
import { quiet } from './support/clock.ts'
import { failureOf } from './support/failure-of.ts'
import { WxFailure } from './support/typed-wx.ts'
import { createWorld } from './support/world.ts'

describe('login', () => {
  it('answers with the user, and without any call when signed in already', async () => {
    const world = createWorld()
    const client = world.client()
    const first = await client.login()
    expect(first).toMatchObject({ status: 'signed_in', user: { id: 'user-li' } })
    await client.login()
    expect(world.logins.total).toBe(1)
  })

  it('logs in again when asked for a fresh one, and leaves one session behind', async () => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    await client.login({ fresh: true })
    await quiet()
    expect(world.logins.total).toBe(2)
    expect(world.server.liveSessions()).toBe(1)
    expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
  })

  it.each([{ kind: 'unreached' }, { kind: 'problem', code: 'wechat_user_blocked' }] as const)(
    'keeps the session when a fresh login meets %j',
    async (fault) => {
      const world = createWorld()
      const client = world.client()
      await client.login()
      world.server.fail('/v1/sign-in/wechat', fault)
      await failureOf(client.login({ fresh: true }))
      expect(client.user?.id).toBe('user-li')
      expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
    },
  )

  it('sends app, device and a new Idempotency-Key with each new code', async () => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    await client.login({ fresh: true })
    const calls = world.server.calls.filter(({ path }) => path === '/v1/sign-in/wechat')
    const bodies = calls.map(({ body }) => JSON.parse(body ?? '') as Record<string, unknown>)
    expect(bodies[0]).toEqual({
      app_id: 'wx0000000000000001',
      code: expect.any(String) as string,
      device: { model: 'iPhone 15', system: 'iOS 18.0' },
    })
    expect(bodies[0]?.['code']).not.toBe(bodies[1]?.['code'])
    const keys = calls.map(({ header }) => header['idempotency-key'])
    expect(keys[0]).toMatch(/^[a-z0-9]{32}$/)
    expect(keys[0]).not.toBe(keys[1])
  })

  it('sends no device when told not to', async () => {
    const world = createWorld()
    await world.client({ device: null }).login()
    expect(world.server.calls[0]?.body).not.toContain('device')
  })

  it('[WX-3] never sends a code twice, not after a lost reply either', async () => {
    const world = createWorld()
    const client = world.client()
    world.server.fail('/v1/sign-in/wechat', { kind: 'lost' })
    const error = await failureOf(client.request({ url: '/v1/me' }))
    expect(error).toMatchObject({ code: 'network', retryable: true })
    expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
    const codes = world.server.calls
      .filter(({ path }) => path === '/v1/sign-in/wechat')
      .map(({ body }) => (JSON.parse(body ?? '') as { code: string }).code)
    expect(new Set(codes).size).toBe(2)
  })

  it('lets no redirect carry a code or a refresh token elsewhere', async () => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    world.server.spoilAccessTokens()
    await client.request({ url: '/v1/me' })
    await client.logout()
    const own = world.server.calls.filter(({ path }) => path !== '/v1/me')
    expect(own.map(({ path }) => path)).toEqual(['/v1/sign-in/wechat', '/v1/token', '/v1/revoke'])
    expect(own.every(({ redirect }) => redirect === 'manual')).toBe(true)
  })

  it('gives all who wait the same failure', async () => {
    const world = createWorld()
    const client = world.client()
    world.server.fail('/v1/sign-in/wechat', { kind: 'problem', code: 'wechat_busy', retryAfter: 2 })
    const errors = await Promise.all(
      Array.from({ length: 20 }, () => failureOf(client.request({ url: '/v1/me' }))),
    )
    expect(new Set(errors).size).toBe(1)
    expect(errors[0]).toMatchObject({ code: 'wechat_busy', retryable: true, retryAfterSeconds: 2 })
    expect(world.logins.total).toBe(1)
  })

  it('gives up on a wx.login that does not call back, and a late code does no harm', async () => {
    const world = createWorld()
    const client = world.client()
    const held = world.holdLogin()
    const waiting = [client.login(), client.request({ url: '/v1/me' })].map(failureOf)
    await world.clock.advance(10_000)
    for (const error of await Promise.all(waiting)) expect(error.code).toBe('timeout')
    held.release()
    await quiet()
    expect(client.user).toBeNull()
    expect(world.server.count('/v1/sign-in/wechat')).toBe(0)
    expect((await client.login()).status).toBe('signed_in')
    expect(world.clock.pending()).toBe(0)
  })

  it('gives up on an exchange that does not come back', async () => {
    const world = createWorld()
    const client = world.client({ authTimeoutMs: 4000 })
    world.server.fail('/v1/sign-in/wechat', { kind: 'hang' })
    const error = failureOf(client.login())
    await world.clock.advance(4000)
    expect((await error).code).toBe('timeout')
  })

  it('pauses for 30 s after three failed logins in a row', async () => {
    const world = createWorld()
    const client = world.client()
    world.server.fail('/v1/sign-in/wechat', { kind: 'page', status: 500 }, 3)
    for (let i = 0; i < 3; i++)
      expect((await failureOf(client.request({ url: '/v1/me' }))).code).toBe('unavailable')
    await world.clock.advance(10_000)
    const error = await failureOf(client.login())
    expect(error).toMatchObject({ code: 'paused', action: 'wait', retryAfterSeconds: 20 })
    expect(error.cause).toMatchObject({ code: 'unavailable' })
    expect(world.logins.total).toBe(3)
    await world.clock.advance(20_000)
    expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
    expect(world.logins.total).toBe(4)
  })

  it('pauses again after one more failure, and forgets all once a request is accepted', async () => {
    const world = createWorld()
    const client = world.client()
    world.server.fail('/v1/sign-in/wechat', { kind: 'unreached' }, 4)
    for (let i = 0; i < 3; i++) await failureOf(client.login())
    await world.clock.advance(30_000)
    expect((await failureOf(client.login())).code).toBe('network')
    expect((await failureOf(client.login())).code).toBe('paused')
    await world.clock.advance(30_000)
    await client.request({ url: '/v1/me' })
    world.server.fail('/v1/sign-in/wechat', { kind: 'unreached' }, 2)
    for (let i = 0; i < 2; i++)
      expect((await failureOf(client.login({ fresh: true }))).code).toBe('network')
    await client.login({ fresh: true })
  })

  it('does not call wx.login over and over for tokens that nobody accepts', async () => {
    const world = createWorld()
    const client = world.client()
    world.server.fail('/v1/me', { kind: 'problem', code: 'token_invalid' }, 1000)
    world.server.fail('/v1/token', { kind: 'problem', code: 'session_ended' }, 1000)
    for (let i = 0; i < 20; i++) await failureOf(client.request({ url: '/v1/me' }))
    expect(world.logins.total).toBe(3)
  })

  it('answers unavailable at once in single-page mode, without wx.login', async () => {
    const world = createWorld()
    world.phone.scene = 1154
    const client = world.client()
    const error = await failureOf(client.request({ url: '/v1/me' }))
    expect(error).toMatchObject({ code: 'unavailable', retryable: false, action: 'none' })
    expect((await failureOf(client.login())).code).toBe('unavailable')
    expect(world.logins.total).toBe(0)
    expect(world.server.calls).toHaveLength(0)
  })

  it('[WX-15] says whether the person refused the privacy guide or the permission', async () => {
    const world = createWorld()
    const client = world.client()
    for (const [errno, code] of [
      [104, 'privacy_refused'],
      [103, 'user_refused'],
    ] as const) {
      world.phone.login = () => Promise.reject(new WxFailure('login:fail', errno))
      expect(await failureOf(client.login())).toMatchObject({ code, errno, retryable: false })
    }
  })

  describe('where a phone is required', () => {
    it('is an outcome of login and a failure of the requests that wait', async () => {
      const world = createWorld()
      world.server.phoneRequired = true
      const client = world.client()
      const [result, error] = await Promise.all([
        client.login(),
        failureOf(client.request({ url: '/v1/me' })),
      ])
      expect(result).toEqual({ status: 'phone_required', expiresInSeconds: 600 })
      expect(error).toMatchObject({ code: 'phone_required', retryable: false })
      expect(client.user).toBeNull()
      expect(world.logins.total).toBe(1)
    })

    it('is dropped by a sign-out, as any login is', async () => {
      const world = createWorld()
      world.server.phoneRequired = true
      const client = world.client()
      const held = world.server.hold('/v1/sign-in/wechat', 'reply')
      const waiting = failureOf(client.login())
      await quiet()
      await client.logout()
      held.release()
      expect((await waiting).code).toBe('signed_out')
      expect((await failureOf(client.request({ url: '/v1/me' }))).code).toBe('signed_out')
    })

    it('asks WeChat again only when login is called or the ticket has run out', async () => {
      const world = createWorld()
      world.server.phoneRequired = true
      const client = world.client()
      await client.login()
      for (let i = 0; i < 5; i++)
        expect((await failureOf(client.request({ url: '/v1/me' }))).code).toBe('phone_required')
      expect(world.logins.total).toBe(1)
      await world.clock.advance(600_000)
      world.server.phoneRequired = false
      expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
      expect(world.logins.total).toBe(2)
    })

    it('keeps the ticket out of results, errors and storage', async () => {
      const world = createWorld()
      world.server.phoneRequired = true
      const client = world.client()
      const result = await client.login()
      const error = await failureOf(client.request({ url: '/v1/me' }))
      const seen = JSON.stringify([result, error, error.message, [...world.phone.storage]])
      expect(seen).not.toContain('ticket-')
    })
  })
})
