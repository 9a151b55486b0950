import { describe, expect, it } from 'vitest'
import { quiet } from './support/clock.ts'
import { failureOf } from './support/failure-of.ts'
import { createWorld, shopUrl } from './support/world.ts'

describe('logout', () => {
  it('signs out at once, ends the session on the server, and stays signed out', async () => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    const done = client.logout()
    expect(client.user).toBeNull()
    await done
    expect(world.server.liveSessions()).toBe(0)
    const error = await failureOf(client.request({ url: `${shopUrl}/orders` }))
    expect(error).toMatchObject({ code: 'signed_out', action: 'relogin' })
    expect(world.logins.total).toBe(1)
    expect((await client.login()).status).toBe('signed_in')
    expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
  })

  it('stays signed out after the mini program is opened again', async () => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    await client.logout()
    const next = world.restart()
    expect((await failureOf(next.client().request({ url: '/v1/me' }))).code).toBe('signed_out')
    expect(next.logins.total).toBe(0)
  })

  it('lets requests sign in again when silentLoginAfterLogout says so', async () => {
    const world = createWorld()
    const client = world.client({ silentLoginAfterLogout: true })
    await client.login()
    await client.logout()
    expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
  })

  it('does not reject, nor stay signed in, for want of a network', async () => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    world.online = false
    await expect(client.logout()).resolves.toBeUndefined()
    expect(client.user).toBeNull()
    expect([...world.phone.storage.values()].join()).not.toContain('refresh.')
  })

  it('drops a login in flight, ends its session, and lets the waiting requests know', async () => {
    const world = createWorld()
    const client = world.client()
    const held = world.server.hold('/v1/sign-in/wechat')
    const waiting = [client.login(), client.request({ url: '/v1/me' })].map(failureOf)
    await quiet()
    await client.logout()
    held.release()
    for (const error of await Promise.all(waiting)) expect(error.code).toBe('signed_out')
    await quiet()
    expect(client.user).toBeNull()
    expect(world.server.liveSessions()).toBe(0)
  })

  it('does not exchange a code that comes after it', async () => {
    const world = createWorld()
    const client = world.client()
    const held = world.holdLogin()
    const waiting = failureOf(client.login())
    await client.logout()
    held.release()
    expect((await waiting).code).toBe('signed_out')
    expect(world.server.calls).toHaveLength(0)
  })

  it('lets a login after it wait for the one that was dropped: one wx.login at a time', async () => {
    const world = createWorld()
    const client = world.client()
    const held = world.holdLogin()
    const dropped = failureOf(client.login())
    await client.logout()
    const again = client.login()
    await quiet()
    expect(world.logins.total).toBe(1)
    held.release()
    expect((await dropped).code).toBe('signed_out')
    expect((await again).status).toBe('signed_in')
    expect(world.logins.mostOpen).toBe(1)
    expect(client.user?.id).toBe('user-li')
  })

  it('ends even a login that was waiting for its turn', async () => {
    const world = createWorld()
    const client = world.client()
    const held = world.holdLogin()
    const first = failureOf(client.login())
    await quiet()
    await client.logout()
    const second = failureOf(client.login())
    await client.logout()
    held.release()
    expect((await first).code).toBe('signed_out')
    expect((await second).code).toBe('signed_out')
    expect(world.logins.total).toBe(1)
    expect(client.user).toBeNull()
  })

  it('works when nobody is signed in', async () => {
    const world = createWorld()
    await world.client().logout()
    expect(world.server.calls).toHaveLength(0)
  })
})

describe('onChange', () => {
  it('tells who signed in and that they signed out, each once', async () => {
    const world = createWorld()
    const client = world.client()
    const heard: Array<string | null> = []
    const stop = client.onChange((user) => heard.push(user?.id ?? null))
    await client.login()
    await client.login({ fresh: true })
    world.server.endSessions()
    await client.request({ url: '/v1/me' })
    await client.logout()
    await client.logout()
    expect(heard).toEqual(['user-li', null])
    stop()
    await client.login()
    expect(heard).toHaveLength(2)
  })

  it('finds everything in place when called', async () => {
    const world = createWorld()
    const client = world.client()
    const replies: Array<Promise<{ statusCode: number }>> = []
    client.onChange((user) => {
      if (user) replies.push(client.request({ url: '/v1/me' }))
    })
    await client.login()
    expect((await replies[0])?.statusCode).toBe(200)
    expect(world.logins.total).toBe(1)
  })

  it('does not let one listener’s mistake reach the login or another listener', async () => {
    const world = createWorld()
    const client = world.client()
    let heard = 0
    client.onChange(() => {
      throw new Error('mistake')
    })
    client.onChange(() => heard++)
    expect((await client.login()).status).toBe('signed_in')
    expect(heard).toBe(1)
    await expect(world.clock.advance(0)).rejects.toThrow('mistake')
  })
})
