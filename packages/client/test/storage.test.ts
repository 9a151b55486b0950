import { describe, expect, it } from 'vitest'
import { createWorld } from './support/world.ts'

describe('storage', () => {
  it('carries the session over a cold start without a login', async () => {
    const world = createWorld()
    await world.client().login()
    const next = world.restart()
    const client = next.client()
    expect(client.user?.id).toBe('user-li')
    expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
    expect(next.logins.total).toBe(0)
    expect(world.server.count('/v1/token')).toBe(0)
  })

  it('refreshes after a cold start when the token ran out meanwhile', async () => {
    const world = createWorld()
    await world.client().login()
    await world.clock.advance(3_600_000)
    const next = world.restart()
    expect((await next.client().request({ url: '/v1/me' })).statusCode).toBe(200)
    expect(world.server.count('/v1/token')).toBe(1)
    expect(next.logins.total).toBe(0)
  })

  it('is one key an app, version, account and server', async () => {
    const world = createWorld()
    await world.client().login()
    await world.client({ account: 'second' }).login()
    await world.client({ env: 'release' }).login()
    expect(world.logins.total).toBe(3)
    expect([...world.phone.storage.keys()].every((key) => key.startsWith('kaimen:'))).toBe(true)
    expect(world.phone.storage.size).toBe(3)
  })

  it.each([
    ['nothing', undefined],
    ['what WeChat answers for nothing', ''],
    ['half of a JSON', '{"v":1,"user":{"id":"u'],
    ['another version', '{"v":99,"user":{"id":"nobody"}}'],
    ['no object', '7'],
    ['null', 'null'],
    ['tokens that are none', '{"v":1,"user":{"id":"u"},"credentials":{"accessToken":1}}'],
    ['an object that somebody put there', { v: 1 }],
  ])('takes %s as signed out, and logs in', async (_, kept) => {
    const world = createWorld()
    await world.client().login()
    const [key = ''] = world.phone.storage.keys()
    if (kept === undefined) world.phone.storage.delete(key)
    else world.phone.storage.set(key, kept)
    const next = world.restart()
    const client = next.client()
    expect(client.user?.id).not.toBe('nobody')
    expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
    expect(next.logins.total).toBe(1)
  })

  it('works from memory when it is evicted while running', async () => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    world.phone.storage.clear()
    expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
    expect(world.logins.total).toBe(1)
  })

  it('works from memory when it is full, and leaves no spent token behind', async () => {
    const world = createWorld()
    const write = world.platform.write
    let full = false
    const platform = {
      ...world.platform,
      write(key: string, value: string) {
        if (full) throw new Error('setStorage:fail exceed storage max size 10Mb')
        write(key, value)
      },
    }
    const client = world.client({ platform })
    await client.login()
    full = true
    world.server.spoilAccessTokens()
    expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
    expect(world.phone.storage.size).toBe(0)
    expect((await world.restart().client().request({ url: '/v1/me' })).statusCode).toBe(200)
  })

  it('works when it cannot be used at all', async () => {
    const world = createWorld()
    const broken = () => {
      throw new Error('storage is broken')
    }
    const platform = { ...world.platform, read: broken, write: broken, remove: broken }
    const client = world.client({ platform })
    expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
  })

  it('is read once', async () => {
    const world = createWorld()
    let reads = 0
    const platform = {
      ...world.platform,
      read(key: string) {
        reads++
        return world.platform.read(key)
      },
    }
    const client = world.client({ platform })
    expect(reads).toBe(0)
    await client.login()
    await Promise.all([client.request({ url: '/v1/me' }), client.request({ url: '/v1/me' })])
    expect(client.user).not.toBeNull()
    expect(reads).toBe(1)
  })

  it('[WX-1] never holds a code, a session_key or a phone', async () => {
    const world = createWorld()
    const client = world.client()
    await client.request({ url: '/v1/me' })
    const kept = JSON.stringify([...world.phone.storage])
    expect(kept).not.toMatch(/code-|session_key|\+86|phone/)
    expect(JSON.stringify(client.user)).not.toContain('phone')
  })
})
