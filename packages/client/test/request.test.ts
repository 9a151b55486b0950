import { describe, expect, it } from 'vitest'
import { createClient, type ClientOptions } from '../src/index.ts'
import { failureOf } from './support/failure-of.ts'
import { quiet } from './support/clock.ts'
import { authUrl, createWorld, foreignUrl, shopUrl } from './support/world.ts'

describe('request', () => {
  it('logs in silently when first needed, and sends the token', async () => {
    const world = createWorld()
    const client = world.client()
    expect(world.logins.total).toBe(0)
    const { statusCode, data } = await client.request<{ id: string }>({ url: '/v1/me' })
    expect(statusCode).toBe(200)
    expect(data.id).toBe('user-li')
    expect(client.user?.id).toBe('user-li')
    expect(world.logins.total).toBe(1)
  })

  it('touches neither wx nor storage before it is used', () => {
    const world = createWorld()
    const untouchable = new Proxy(world.platform, {
      get: () => {
        throw new Error('touched')
      },
    })
    expect(() => world.client({ platform: untouchable })).not.toThrow()
  })

  it('lets 20 parallel first requests share one login', async () => {
    const world = createWorld()
    const client = world.client()
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => client.request({ url: '/v1/me' })),
    )
    expect(replies.every(({ statusCode }) => statusCode === 200)).toBe(true)
    expect(world.logins.total).toBe(1)
    expect(world.server.count('/v1/sign-in/wechat')).toBe(1)
  })

  it('lets 20 parallel 401s share one refresh', async () => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    world.server.spoilAccessTokens()
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => client.request({ url: `${shopUrl}/orders` })),
    )
    expect(replies.every(({ statusCode }) => statusCode === 200)).toBe(true)
    expect(world.server.count('/v1/token')).toBe(1)
    expect(world.logins.total).toBe(1)
  })

  it('only replays after a late 401 of a token that was since replaced', async () => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    world.server.spoilAccessTokens()
    const late = world.server.hold('/v1/me')
    const slow = client.request({ url: '/v1/me' })
    await quiet()
    await client.request({ url: `${shopUrl}/orders` })
    expect(world.server.count('/v1/token')).toBe(1)
    late.release()
    expect((await slow).statusCode).toBe(200)
    expect(world.server.count('/v1/token')).toBe(1)
  })

  it('ends with token_refused after a second 401, without a loop', async () => {
    const world = createWorld()
    const client = world.client()
    world.server.fail('/v1/me', { kind: 'problem', code: 'token_invalid' }, 100)
    const error = await failureOf(client.request({ url: '/v1/me' }))
    expect(error).toMatchObject({ code: 'token_refused', retryable: false, status: 401 })
    expect(world.server.count('/v1/me')).toBe(2)
    expect(world.server.count('/v1/token')).toBe(1)
  })

  it('does not send a request again that says replay: false, yet renews for the next', async () => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    world.server.spoilAccessTokens()
    const pay = () =>
      client.request({ url: `${shopUrl}/pay`, method: 'POST', data: { n: 1 }, replay: false })
    expect(await failureOf(pay())).toMatchObject({ code: 'token_refused', retryable: true })
    expect(world.elsewhere).toHaveLength(1)
    expect((await pay()).statusCode).toBe(200)
  })

  it('gives the caller a 401 that a new token would not help', async () => {
    const world = createWorld()
    const client = world.client()
    const { statusCode } = await client.request({ url: '/v1/me/password', method: 'PUT' })
    expect(statusCode).toBe(401)
    expect(world.server.count('/v1/token')).toBe(0)
    expect(world.server.count('/v1/me/password')).toBe(1)
  })

  it('resolves with any other status, as wx.request does', async () => {
    const world = createWorld()
    const { statusCode, data } = await world.client().request({ url: '/v1/nothing' })
    expect(statusCode).toBe(404)
    expect(data).toMatchObject({ code: 'not_found' })
  })

  it('passes method, data and header on, and brings query and body back', async () => {
    const world = createWorld()
    const client = world.client()
    await client.request({ url: `${shopUrl}/orders`, data: { page: 2 }, header: { 'X-A': 'b' } })
    await client.request({ url: `${shopUrl}/orders`, method: 'POST', data: { sku: 1 } })
    expect(world.elsewhere[0]).toMatchObject({ url: `${shopUrl}/orders?page=2`, method: 'GET' })
    expect(world.elsewhere[0]?.header['x-a']).toBe('b')
    expect(world.elsewhere[1]).toMatchObject({ method: 'POST', body: '{"sku":1}' })
  })

  it('never sends the token to a host that is not listed', async () => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    const reply = await client.request({ url: `${foreignUrl}/news` })
    expect(reply.statusCode).toBe(200)
    expect(world.elsewhere[0]?.header['authorization']).toBeUndefined()
    const error = await failureOf(client.request({ url: `${foreignUrl}/news`, auth: true }))
    expect(error.code).toBe('options_invalid')
    expect(world.elsewhere).toHaveLength(1)
  })

  it('goes without the session when told so, and does not log in for it', async () => {
    const world = createWorld()
    await world.client().request({ url: `${shopUrl}/public`, auth: false })
    expect(world.elsewhere[0]?.header['authorization']).toBeUndefined()
    expect(world.logins.total).toBe(0)
  })

  it('leaves a request alone that brings its own Authorization', async () => {
    const world = createWorld()
    const client = world.client()
    const header = { authorization: 'Basic x' }
    await client.request({ url: `${shopUrl}/a`, header })
    expect(world.elsewhere[0]?.header['authorization']).toBe('Basic x')
    expect(world.logins.total).toBe(0)
    await client.request({ url: `${shopUrl}/a`, header, auth: true })
    expect(world.elsewhere[1]?.header['authorization']).toMatch(/^Bearer access/)
  })

  it('ends with timeout when nothing comes back, and aborts', async () => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    world.server.fail('/v1/me', { kind: 'hang' }, 2)
    const given = failureOf(client.request({ url: '/v1/me', timeout: 3000 }))
    const usual = failureOf(client.request({ url: '/v1/me' }))
    await world.clock.advance(3000)
    expect(await given).toMatchObject({ code: 'timeout', retryable: true })
    await world.clock.advance(57_000)
    expect(await usual).toMatchObject({ code: 'timeout' })
    expect(world.clock.pending()).toBe(0)
  })

  it('ends with network when there is no reply, and keeps the session', async () => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    world.online = false
    const error = await failureOf(client.request({ url: '/v1/me' }))
    expect(error).toMatchObject({ code: 'network', retryable: true, errno: 600001 })
    expect(client.user?.id).toBe('user-li')
    world.online = true
    expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
    expect(world.logins.total).toBe(1)
  })

  it('does not send a request again as somebody else', async () => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    const late = world.server.hold('/v1/me')
    const ofLi = client.request({ url: '/v1/me', method: 'POST', data: { nickname: 'Li' } })
    await quiet()
    await client.logout()
    world.server.person = 'wang'
    await client.login()
    late.release()
    expect(await failureOf(ofLi)).toMatchObject({ code: 'signed_out' })
    expect(world.server.count('/v1/me')).toBe(1)
  })

  it('takes only whole http(s) addresses for baseUrl and apiOrigins', () => {
    const world = createWorld()
    for (const baseUrl of ['', '/v1', 'auth.example.com', 'wss://auth.example.com'])
      expect(() => world.client({ baseUrl })).toThrow(
        expect.objectContaining({ code: 'options_invalid' }) as Error,
      )
    // As JavaScript may call it.
    expect(() => createClient({} as ClientOptions)).toThrow('undefined')
    expect(() => world.client({ apiOrigins: ['https://a@b.example.com'] })).toThrow('a@b')
    expect(() => world.client({ baseUrl: `${authUrl}/` })).not.toThrow()
  })
})
