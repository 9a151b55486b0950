import { runInThisContext } from 'node:vm'
import { beforeAll, describe, expect, it } from 'vitest'
import { bundleForMiniProgram } from '../bundle.mts'
import type * as Module from '../src/index.ts'
import { AuthError } from '../src/index.ts'
import { quiet } from './support/clock.ts'
import { failureOf } from './support/failure-of.ts'
import { authUrl, createWorld, shopUrl } from './support/world.ts'

describe('clients of one account', () => {
  it('share one login, one session and one sign-out', async () => {
    const world = createWorld()
    const [one, two] = [world.client(), world.client()]
    await Promise.all([one.request({ url: '/v1/me' }), two.request({ url: '/v1/me' })])
    expect(world.logins.total).toBe(1)
    const heard: unknown[] = []
    two.onChange((user) => heard.push(user))
    await one.logout()
    expect(two.user).toBeNull()
    expect(heard).toEqual([null])
    expect((await failureOf(two.request({ url: '/v1/me' }))).code).toBe('signed_out')
  })

  it('are strangers to those of another account, version, app or server', async () => {
    const world = createWorld()
    await world.client().login()
    for (const other of [
      { account: 'second' },
      { env: 'release' },
      { appId: 'wx0000000000000002' },
      { baseUrl: `${authUrl}/second` },
    ])
      expect(world.client(other).user).toBeNull()
  })
})

describe('a second copy of this module, as an independent subpackage has', () => {
  let code = ''
  beforeAll(async () => {
    code = await bundleForMiniProgram('index')
  })

  /** What require() does, twice over. */
  function loadCopy(): typeof Module {
    const module: { exports: unknown } = { exports: {} }
    const run = runInThisContext(`(function (module, exports) {${code}\n})`) as (
      ...args: unknown[]
    ) => void
    run(module, module.exports)
    return module.exports as typeof Module
  }

  it('shares the login in flight and the session', async () => {
    const world = createWorld()
    const copy = loadCopy()
    const main = world.client()
    const second = copy.createClient({
      baseUrl: authUrl,
      apiOrigins: [shopUrl],
      platform: { ...copy.wechat(world.wx), now: world.clock.now, after: world.clock.after },
    })
    const replies = await Promise.all([
      ...Array.from({ length: 10 }, () => main.request({ url: '/v1/me' })),
      ...Array.from({ length: 10 }, () => second.request({ url: `${shopUrl}/orders` })),
    ])
    expect(replies.every(({ statusCode }) => statusCode === 200)).toBe(true)
    expect(world.logins.total).toBe(1)
    world.server.spoilAccessTokens()
    await Promise.all([main.request({ url: '/v1/me' }), second.request({ url: '/v1/me' })])
    expect(world.server.count('/v1/token')).toBe(1)
    await second.logout()
    await quiet()
    expect(main.user).toBeNull()
  })

  it('throws errors that are AuthErrors to the first copy too', async () => {
    const world = createWorld()
    world.phone.scene = 1154
    const copy = loadCopy()
    const client = copy.createClient({ baseUrl: authUrl, platform: copy.wechat(world.wx) })
    const error: unknown = await client.login().catch((reason: unknown) => reason)
    expect(copy.AuthError).not.toBe(AuthError)
    expect(error).toBeInstanceOf(AuthError)
    expect(new Error('other')).not.toBeInstanceOf(AuthError)
  })

  it('works where wx takes no new properties', async () => {
    const world = createWorld()
    const copy = loadCopy()
    const platform = { ...copy.wechat(world.wx), host: Object.freeze({}) }
    const [one, two] = [0, 1].map(() => copy.createClient({ baseUrl: authUrl, platform }))
    await Promise.all([one?.login(), two?.login()])
    expect(world.logins.total).toBe(1)
  })
})
