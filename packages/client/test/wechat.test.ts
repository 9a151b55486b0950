import { afterEach, describe, expect, it, vi } from 'vitest'
import { createClient, wechat, type WechatApi } from '../src/index.ts'
import { failureOf } from './support/failure-of.ts'
import { WxFailure } from './support/typed-wx.ts'
import { authUrl, createWorld } from './support/world.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('wechat', () => {
  it('finds the global wx when first used, not when made', async () => {
    const world = createWorld()
    const client = createClient({ baseUrl: authUrl })
    expect(() => client.user).toThrow(
      expect.objectContaining({ code: 'platform_missing' }) as Error,
    )
    vi.stubGlobal('wx', world.wx)
    expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
  })

  it('is not fooled by the wx of a web page, which has no login', async () => {
    vi.stubGlobal('wx', { config: () => {}, ready: () => {}, miniProgram: {} })
    const client = createClient({ baseUrl: authUrl })
    expect(await failureOf(client.login())).toMatchObject({
      code: 'platform_missing',
      action: 'fix_config',
    })
  })

  it('works on an old base library that has only what is needed', async () => {
    const { login, request, getStorageSync, setStorageSync, removeStorageSync } = createWorld().wx
    const old: WechatApi = { login, request, getStorageSync, setStorageSync, removeStorageSync }
    const client = createClient({ baseUrl: authUrl, platform: wechat(old) })
    expect((await client.login()).status).toBe('signed_in')
  })

  it.each([
    [104, 'login:fail', 'privacy_refused'],
    [101102, 'login:fail', 'privacy_refused'],
    [112, 'login:fail', 'privacy_undeclared'],
    [101100, 'login:fail', 'privacy_undeclared'],
    [103, 'login:fail', 'user_refused'],
    [5, 'login:fail', 'timeout'],
    [108, 'login:fail', 'network'],
    [600000, 'login:fail', 'network'],
    [600001, 'login:fail', 'network'],
    [600003, 'login:fail interrupted', 'network'],
    [1003, 'login:fail', 'rate_limited'],
    [1402101, 'login:fail', 'wechat_user_blocked'],
    [4, 'login:fail internal error', 'wx_login_failed'],
    [undefined, 'login:fail privacy permission is not authorized', 'privacy_refused'],
    [undefined, 'login:fail auth deny', 'user_refused'],
    [undefined, 'login:fail timeout', 'timeout'],
    [undefined, 'login:fail 系统错误', 'wx_login_failed'],
  ] as const)('reads errno %s of wx.login, %j, as %s', async (errno, errMsg, code) => {
    const world = createWorld()
    world.phone.login = () => Promise.reject(new WxFailure(errMsg, errno as number))
    const error = await failureOf(world.client().login())
    expect(error.code).toBe(code)
    expect(error.errno).toBe(errno)
    expect(error.message).toMatch(/\p{Script=Han}/u)
  })

  it.each([
    [600002, 'request:fail', 'domain_not_allowed'],
    [undefined, 'request:fail url not in domain list', 'domain_not_allowed'],
    [undefined, 'request:fail timeout', 'timeout'],
    [undefined, 'request:fail', 'network'],
    [600009, 'request:fail invalid url', 'network'],
  ] as const)('reads errno %s of wx.request, %j, as %s', async (errno, errMsg, code) => {
    const world = createWorld()
    world.phone.send = () => Promise.reject(new WxFailure(errMsg, errno as number))
    const error = await failureOf(world.client().request({ url: '/v1/me', auth: false }))
    expect(error.code).toBe(code)
  })

  it('turns what wx throws by itself into an AuthError', async () => {
    const world = createWorld()
    const platform = wechat({
      ...world.wx,
      request: () => {
        throw new Error('parameter error')
      },
    })
    const error = await failureOf(world.client({ platform }).request({ url: '/x', auth: false }))
    expect(error.code).toBe('network')
    expect(error.cause).toMatchObject({ message: 'parameter error' })
  })

  it('aborts a request that takes too long', async () => {
    const world = createWorld()
    let aborted = 0
    const task = { ...world.wx.request({ url: `${authUrl}/x` }), abort: () => aborted++ }
    const platform = wechat({ ...world.wx, request: () => task })
    const client = world.client({ platform })
    await failureOf(client.request({ url: '/x', auth: false, timeout: 1 }))
    expect(aborted).toBe(1)
  })

  it('says what to do when DevTools answers with words instead of a code', async () => {
    const world = createWorld()
    world.phone.login = () => Promise.resolve('the code is a mock one')
    const error = await failureOf(world.client().login())
    expect(error).toMatchObject({ code: 'code_invalid', action: 'fix_config' })
    expect(world.server.calls).toHaveLength(0)
  })

  it('uses the device’s own clock, timers and randomness', async () => {
    const world = createWorld()
    const client = createClient({
      baseUrl: authUrl,
      platform: wechat(world.wx),
      wxLoginTimeoutMs: 5,
    })
    world.holdLogin()
    expect((await failureOf(client.login())).code).toBe('timeout')
  })
})
