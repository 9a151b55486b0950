import { describe, expect, it } from 'vitest'
import { quiet } from './support/clock.ts'
import { failureOf } from './support/failure-of.ts'
import { createWorld, shopUrl } from './support/world.ts'

const minute = 60_000

describe('renewal', () => {
  it('renews ahead in the background when a fifth of the life is left', async () => {
    const world = createWorld()
    const client = world.client()
    await client.request({ url: '/v1/me' })
    await world.clock.advance(11 * minute)
    await client.request({ url: '/v1/me' })
    expect(world.server.count('/v1/token')).toBe(0)
    await world.clock.advance(2 * minute)
    const held = world.server.hold('/v1/token')
    expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
    held.release()
    await quiet()
    expect(world.server.count('/v1/token')).toBe(1)
    expect(world.server.count('/v1/me')).toBe(3)
    expect(world.logins.total).toBe(1)
  })

  it('waits for the renewal when the token has run out, and one serves all', async () => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    await world.clock.advance(20 * minute)
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => client.request({ url: `${shopUrl}/orders` })),
    )
    expect(replies.every(({ statusCode }) => statusCode === 200)).toBe(true)
    expect(world.elsewhere).toHaveLength(20)
    expect(world.server.count('/v1/token')).toBe(1)
  })

  it.each(['token_invalid', 'refresh_reused', 'session_ended'] as const)(
    'falls back to one silent login after %s, for all who wait',
    async (code) => {
      const world = createWorld()
      const client = world.client()
      await client.login()
      world.server.endSessions(code)
      const replies = await Promise.all(
        Array.from({ length: 20 }, () => client.request({ url: '/v1/me' })),
      )
      expect(replies.every(({ statusCode }) => statusCode === 200)).toBe(true)
      expect(world.server.count('/v1/token')).toBe(1)
      expect(world.logins.total).toBe(2)
    },
  )

  it('signs out after user_disabled without another login', async () => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    world.server.spoilAccessTokens()
    world.server.fail('/v1/token', { kind: 'problem', code: 'user_disabled' })
    const error = await failureOf(client.request({ url: '/v1/me' }))
    expect(error).toMatchObject({ code: 'user_disabled', retryable: false, status: 403 })
    expect(client.user).toBeNull()
    expect(world.logins.total).toBe(1)
  })

  it.each([
    { kind: 'unreached' },
    { kind: 'page', status: 403 },
    { kind: 'problem', code: 'wechat_unreachable' },
  ] as const)('still shows the user when the fallback login meets %j', async (fault) => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    world.server.endSessions()
    world.server.fail('/v1/sign-in/wechat', fault)
    await failureOf(client.request({ url: '/v1/me' }))
    expect(client.user?.id).toBe('user-li')
    expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
  })

  it('does not loop when the fallback login finds the user disabled', async () => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    world.server.endSessions()
    world.server.userDisabled = true
    const errors = await Promise.all(
      Array.from({ length: 5 }, () => failureOf(client.request({ url: '/v1/me' }))),
    )
    expect(errors.every(({ code }) => code === 'user_disabled')).toBe(true)
    expect(client.user).toBeNull()
    expect(world.logins.total).toBe(2)
  })

  it.each([
    ['no network', { kind: 'unreached' }, 'network'],
    ['a lost reply', { kind: 'lost' }, 'network'],
    ['a 502 of a gateway', { kind: 'page', status: 502 }, 'unavailable'],
    ['a 404 of something else', { kind: 'page', status: 404 }, 'reply_invalid'],
    ['a 401 that is not Kaimen’s', { kind: 'page', status: 401 }, 'reply_invalid'],
    ['a 200 that is not Kaimen’s', { kind: 'page', status: 200 }, 'reply_invalid'],
    ['a 302 to a captive portal', { kind: 'page', status: 302 }, 'reply_invalid'],
    ['internal_error', { kind: 'problem', code: 'internal_error' }, 'internal_error'],
    ['unavailable', { kind: 'problem', code: 'unavailable' }, 'unavailable'],
    ['rate_limited', { kind: 'problem', code: 'rate_limited' }, 'rate_limited'],
  ] as const)('keeps the session after %s', async (_, fault, code) => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    world.server.spoilAccessTokens()
    world.server.fail('/v1/token', fault)
    expect((await failureOf(client.request({ url: '/v1/me' }))).code).toBe(code)
    expect(client.user?.id).toBe('user-li')
    // With the very same refresh token: a lost reply converges on the one successor.
    expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
    expect(world.logins.total).toBe(1)
  })

  it('keeps the session when the refresh hangs', async () => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    world.server.spoilAccessTokens()
    world.server.fail('/v1/token', { kind: 'hang' })
    const error = failureOf(client.request({ url: '/v1/me' }))
    await world.clock.advance(10_000)
    expect((await error).code).toBe('timeout')
    expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
    expect(world.logins.total).toBe(1)
  })

  it('waits as long as Retry-After says, without asking', async () => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    world.server.spoilAccessTokens()
    world.server.fail('/v1/token', { kind: 'problem', code: 'unavailable', retryAfter: 20 })
    const first = await failureOf(client.request({ url: '/v1/me' }))
    expect(first).toMatchObject({ code: 'unavailable', retryAfterSeconds: 20 })
    await world.clock.advance(12_000)
    const second = await failureOf(client.request({ url: '/v1/me' }))
    expect(second).toMatchObject({ code: 'paused', action: 'wait', retryAfterSeconds: 8 })
    expect(second.cause).toBe(first)
    expect(world.server.count('/v1/token')).toBe(1)
    await world.clock.advance(8000)
    expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
    expect(client.user).not.toBeNull()
  })

  it('does not let a Retry-After of a year lock anybody out', async () => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    world.server.spoilAccessTokens()
    world.server.fail('/v1/token', { kind: 'page', status: 503, retryAfter: 31_536_000 })
    await failureOf(client.request({ url: '/v1/me' }))
    await world.clock.advance(5 * minute)
    expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
  })

  it.each([
    ['a day ahead', 86_400_000],
    ['a day back', -86_400_000],
  ])('survives a clock set %s with one renewal more', async (_, jumpMs) => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    world.clock.skew(jumpMs)
    for (let i = 0; i < 5; i++)
      expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
    expect(world.server.count('/v1/token')).toBe(1)
    expect(world.logins.total).toBe(1)
  })

  it('takes the server’s word when the clock was set back a little and the token looks alive', async () => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    await world.clock.advance(16 * minute)
    world.clock.skew(-10 * minute)
    expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
    expect(world.server.count('/v1/me')).toBe(2)
    expect(world.server.count('/v1/token')).toBe(1)
  })

  it.each(['call', 'reply'] as const)(
    'drops a refresh whose %s outlasts a sign-out',
    async (what) => {
      const world = createWorld()
      const client = world.client()
      await client.login()
      world.server.spoilAccessTokens()
      const held = world.server.hold('/v1/token', what)
      const waiting = failureOf(client.request({ url: '/v1/me' }))
      await quiet()
      await client.logout()
      held.release()
      expect((await waiting).code).toBe('signed_out')
      expect(client.user).toBeNull()
      expect((await failureOf(client.request({ url: '/v1/me' }))).code).toBe('signed_out')
      expect(world.server.liveSessions()).toBe(0)
      expect([...world.phone.storage.values()].join()).not.toContain('refresh.')
    },
  )

  it('renews a new session while the refresh of the old one still hangs', async () => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    world.server.spoilAccessTokens()
    const held = world.server.hold('/v1/token')
    const waiting = client.request({ url: '/v1/me' })
    await quiet()
    await client.logout()
    await client.login()
    world.server.spoilAccessTokens()
    expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
    held.release()
    // The same person in a new session: the old request goes out with the new token.
    expect((await waiting).statusCode).toBe(200)
    expect(client.user?.id).toBe('user-li')
    expect(world.logins.total).toBe(2)
  })
})
