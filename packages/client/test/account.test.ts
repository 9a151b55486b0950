import { afterEach, describe, expect, it, vi } from 'vitest'
import { account } from '../src/account.ts'
import { AuthError, readFailure } from '../src/index.ts'
import { rightOtp } from './support/auth-server.ts'
import { quiet } from './support/clock.ts'
import { failureOf } from './support/failure-of.ts'
import { WxFailure } from './support/typed-wx.ts'
import { createWorld, type World } from './support/world.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

const phone = '+8613800138000'

/** Somebody whom WeChat signed in. */
async function atHome() {
  const world = createWorld()
  const client = world.client()
  await client.login()
  const me = account(client, { files: world.wx.getFileSystemManager() })
  return { world, client, me }
}

const callsTo = ({ server }: World, path: string, method?: string) =>
  server.calls.filter((call) => call.path === path && (!method || call.method === method))

describe('my account', () => {
  it('tells who is signed in, and signs in for it', async () => {
    const world = createWorld()
    const me = account(world.client())
    expect(await me.get()).toMatchObject({ id: 'user-li', phone: '+86 138****0000' })
    expect(world.logins.total).toBe(1)
  })

  it('goes on after a 401, by the client’s own renewal', async () => {
    const { world, me } = await atHome()
    world.server.spoilAccessTokens()
    expect((await me.get()).id).toBe('user-li')
    expect(world.server.count('/v1/token')).toBe(1)
    expect(world.logins.total).toBe(1)
  })

  it('changes the nickname by POST, and the client’s user with it', async () => {
    const { world, client, me } = await atHome()
    const heard: unknown[] = []
    client.onChange((user) => heard.push(user?.nickname))
    expect((await me.update({ nickname: '李华' })).nickname).toBe('李华')
    expect(client.user?.nickname).toBe('李华')
    expect(heard).toEqual(['李华'])
    expect(callsTo(world, '/v1/me', 'POST')[0]?.body).toBe('{"nickname":"李华"}')
    expect(world.restart().client().user?.nickname).toBe('李华')
    expect(JSON.stringify([...world.phone.storage])).not.toContain('138')
  })

  it('does not put one person’s name on another', async () => {
    const { world, client, me } = await atHome()
    const late = world.server.hold('/v1/me', 'reply')
    const change = me.update({ nickname: '李华' })
    await quiet()
    await client.logout()
    world.server.person = 'wang'
    await client.login()
    late.release()
    await change
    expect(client.user).toMatchObject({ id: 'user-wang', nickname: null })
  })

  it('is refused with the server’s own code, words and next step', async () => {
    const { world, me } = await atHome()
    world.server.fail('/v1/me', { kind: 'problem', code: 'rate_limited', retryAfter: 7 })
    const error = await failureOf(me.get())
    expect(error).toMatchObject({ code: 'rate_limited', status: 429, retryAfterSeconds: 7 })
    expect(error.detail).toMatch(/\p{Script=Han}/u)
  })

  it('takes the page of a gateway for no account, whatever its status', async () => {
    const { world, me } = await atHome()
    for (const [status, code] of [
      [200, 'reply_invalid'],
      [302, 'reply_invalid'],
      [502, 'unavailable'],
    ] as const) {
      world.server.fail('/v1/me', { kind: 'page', status })
      expect((await failureOf(me.get())).code).toBe(code)
    }
    const { send } = world.phone
    world.phone.send = async (sent) => ({ ...(await send(sent)), status: 302 })
    expect((await failureOf(me.get())).code).toBe('reply_invalid')
    expect(callsTo(world, '/v1/me').map(({ redirect }) => redirect)).not.toContain('follow')
  })

  it('takes a wrong password for that, and not for a token that has to be renewed', async () => {
    const { world, me } = await atHome()
    const error = await failureOf(me.setPassword({ password: 'new', currentPassword: 'old' }))
    expect(error).toMatchObject({ code: 'password_wrong', status: 401 })
    expect(world.server.count('/v1/token')).toBe(0)
    expect(callsTo(world, '/v1/me/password')[0]?.body).toBe(
      '{"password":"new","current_password":"old"}',
    )
  })

  it('asks for a code with the access token, and a captcha where there is one', async () => {
    const { world, me } = await atHome()
    expect(await me.sendOtpForPhone(phone)).toEqual({
      expiresInSeconds: 300,
      retryAfterSeconds: 60,
    })
    await me.sendOtpForPhone(phone, { captcha: 'solved' })
    expect(callsTo(world, '/v1/otp')).toMatchObject([
      {
        header: { authorization: expect.stringMatching(/^Bearer /) },
        body: `{"phone":"${phone}"}`,
      },
      { body: `{"phone":"${phone}","captcha":"solved"}` },
    ])
  })
})

describe('the picture', () => {
  const bytes = Uint8Array.of(0x89, 0x50, 0x4e, 0x47)

  it.each(['http://tmp/avatar.png', 'wxfile://tmp_0f.png'])('is sent from %s', async (path) => {
    const { world, me } = await atHome()
    world.phone.files.set(path, bytes.buffer)
    await failureOf(me.uploadAvatar(path))
    expect(callsTo(world, '/v1/me/avatar')).toMatchObject([
      { method: 'PUT', bytes, header: { 'content-type': 'application/octet-stream' } },
    ])
  })

  it('is read by the wx of the program when nothing else is given', async () => {
    const { world, client } = await atHome()
    world.phone.files.set('wxfile://a', bytes.buffer)
    const me = account(client)
    expect((await failureOf(me.uploadAvatar('wxfile://a'))).code).toBe('platform_missing')
    vi.stubGlobal('wx', world.wx)
    await failureOf(me.uploadAvatar('wxfile://a'))
    expect(world.server.count('/v1/me/avatar')).toBe(1)
  })

  it('that is gone is to be chosen again; nothing is sent', async () => {
    const { world, me } = await atHome()
    const error = await failureOf(me.uploadAvatar('wxfile://gone'))
    expect(error).toMatchObject({ code: 'file_unreadable', action: 'none' })
    expect(error.message).toBe('图片已失效，请重新选择')
    expect(world.server.count('/v1/me/avatar')).toBe(0)
  })
})

describe('preferences', () => {
  it('come with the ETag that the next write needs', async () => {
    const { me } = await atHome()
    expect(await me.preferences.get()).toEqual({ value: {}, etag: '"0"' })
    expect(await me.preferences.put({ dark: true }, '"0"')).toEqual({
      value: { dark: true },
      etag: '"1"',
    })
    const error = await failureOf(me.preferences.put({ dark: false }, '"0"'))
    expect(error).toMatchObject({ code: 'preferences_changed', status: 412, action: 'retry' })
  })

  it('can be written behind a proxy that compresses, and so weakens their ETag', async () => {
    const { world, me } = await atHome()
    const { send } = world.phone
    world.phone.send = async (sent) => {
      const reply = await send(sent)
      const { ETag, ...header } = reply.header
      return ETag ? { ...reply, header: { ...header, etag: `W/${ETag}` } } : reply
    }
    const { etag } = await me.preferences.get()
    expect((await me.preferences.put({ dark: true }, etag)).etag).toBe('"1"')
  })

  it('of two devices at once are put together', async () => {
    const { world, me } = await atHome()
    const there = account(createWorldBeside(world).client())
    await Promise.all([
      me.preferences.update((value) => ({ ...value, dark: true })),
      there.preferences.update(async (value) => ({ ...value, sound: false })),
    ])
    expect((await me.preferences.get()).value).toEqual({ dark: true, sound: false })
  })

  it('are tried five times, and no more, when others never stop', async () => {
    const { world, me } = await atHome()
    const there = account(createWorldBeside(world).client())
    let asked = 0
    const error = await failureOf(
      me.preferences.update(async (value) => {
        asked++
        const { etag } = await there.preferences.get()
        await there.preferences.put({ ...value, asked }, etag)
        return { ...value, mine: true }
      }),
    )
    expect(error.code).toBe('preferences_changed')
    expect(asked).toBe(5)
    expect((await me.preferences.get()).value).toEqual({ asked: 5 })
  })

  it('are left alone when the change fails or the server does', async () => {
    const { world, me } = await atHome()
    await expect(
      me.preferences.update(() => {
        throw new RangeError('mine')
      }),
    ).rejects.toThrow(RangeError)
    world.server.fail('/v1/me/preferences', { kind: 'problem', code: 'unavailable' })
    expect((await failureOf(me.preferences.update((value) => value))).code).toBe('unavailable')
    expect(callsTo(world, '/v1/me/preferences', 'PUT')).toHaveLength(0)
  })
})

describe('what needs a sign-in of the last minutes', () => {
  const stale = { kind: 'problem', code: 'reauth_required' } as const

  it('gets one by a silent wx.login, once, and is asked again', async () => {
    const { world, me } = await atHome()
    world.server.fail('/v1/me', stale)
    expect((await me.delete()).gone_at).toBe('2026-01-08T00:00:00Z')
    expect(world.logins.total).toBe(2)
    expect(callsTo(world, '/v1/me', 'DELETE')).toHaveLength(2)
    await quiet()
    expect(world.server.liveSessions()).toBe(0)
  })

  it('is not asked a third time', async () => {
    const { world, me } = await atHome()
    world.server.fail('/v1/me/identities', stale, 9)
    expect((await failureOf(me.link())).code).toBe('reauth_required')
    expect(world.logins.total).toBe(4)
    const sent = callsTo(world, '/v1/me/identities').map(({ body }) => body)
    expect(sent).toHaveLength(2)
    expect(sent[0]).not.toBe(sent[1])
  })

  it('shares one login among all who need it', async () => {
    const { world, me } = await atHome()
    world.server.fail('/v1/me/identities', stale, 3)
    await Promise.all([me.identities(), me.identities(), me.identities()])
    expect(world.logins.total).toBe(2)
  })

  it('is left to the person where WeChat had no part in the sign-in', async () => {
    const world = createWorld()
    const client = world.client()
    await client.signInWithOtp({ phone, otp: rightOtp })
    const { user } = client
    world.server.person = 'somebody else'
    world.server.fail('/v1/me', stale)
    expect((await failureOf(account(client).delete())).code).toBe('reauth_required')
    expect(world.logins.total).toBe(0)
    expect(client.user).toEqual(user)
  })

  it('is done by WeChat after a restart, a renewal, and a sign-in by SMS with its ticket', async () => {
    const world = createWorld()
    world.server.phoneRequired = true
    const client = world.client()
    await client.login()
    await client.signInWithOtp({ phone, otp: rightOtp })
    world.server.phoneRequired = false
    world.server.spoilAccessTokens()
    await client.request({ url: '/v1/me' })
    const later = world.restart()
    later.server.fail('/v1/me', stale)
    await account(later.client()).delete()
    expect(later.logins.total).toBe(1)
  })

  it('never makes somebody else of who is signed in', async () => {
    const { world, client, me } = await atHome()
    world.server.person = 'wang'
    world.server.fail('/v1/me', stale)
    expect((await failureOf(me.delete())).code).toBe('reauth_required')
    expect(client.user?.id).toBe('user-li')
    expect((await me.get()).id).toBe('user-li')
    await quiet()
    expect(world.server.liveSessions()).toBe(1)
  })

  it('leaves whoever signs in meanwhile signed in, and does nothing in their name', async () => {
    const { world, client, me } = await atHome()
    const held = world.server.hold('/v1/sign-in/otp', 'reply')
    world.server.person = 'wang'
    const signIn = client.signInWithOtp({ phone, otp: rightOtp })
    await quiet()
    world.server.person = 'li'
    world.server.fail('/v1/me', stale)
    const leaving = failureOf(me.delete())
    await quiet()
    held.release()
    await signIn
    expect((await leaving).code).toBe('reauth_required')
    expect(client.user?.id).toBe('user-wang')
    expect(callsTo(world, '/v1/me', 'DELETE')).toHaveLength(1)
  })

  it('says what hindered the login', async () => {
    const { world, me } = await atHome()
    world.server.fail('/v1/me', stale)
    world.phone.login = () => Promise.reject(new WxFailure('login:fail', 600001))
    expect((await failureOf(me.delete())).code).toBe('network')
  })
})

describe('open data', () => {
  const staleKey = { kind: 'problem', code: 'session_key_stale' } as const

  it('is sent by the names of the wire', async () => {
    const { world, me } = await atHome()
    expect(await me.wechatData(await world.phone.getUserInfo())).toEqual({ nickName: null })
    const [call] = callsTo(world, '/v1/me/wechat-data')
    expect(JSON.parse(call?.body ?? '')).toEqual({
      raw_data: '{}',
      signature: 'signed',
      encrypted_data: 'sealed-1',
      iv: 'iv',
    })
  })

  it('is asked for again after the login that a stale key needs, and sent once more', async () => {
    const { world, me } = await atHome()
    world.server.fail('/v1/me/wechat-data', staleKey)
    await me.wechatData(() => world.wx.getUserInfo({ withCredentials: true }))
    const sent = callsTo(world, '/v1/me/wechat-data').map(({ body }) => body ?? '')
    expect(sent.map((body) => /sealed-\d/.exec(body)?.[0])).toEqual(['sealed-1', 'sealed-2'])
    expect(world.logins.total).toBe(2)
    world.server.fail('/v1/me/wechat-data', staleKey, 9)
    const error = await failureOf(me.wechatData(() => world.phone.getUserInfo()))
    expect(error.code).toBe('session_key_stale')
    expect(callsTo(world, '/v1/me/wechat-data')).toHaveLength(4)
  })

  it('that the person refuses is told from the privacy guide refused, and nothing is sent', async () => {
    const { world, me } = await atHome()
    for (const [errno, code] of [
      [103, 'user_refused'],
      [104, 'privacy_refused'],
      [112, 'privacy_undeclared'],
      [4, 'wx_failed'],
    ] as const) {
      const refuse = () => Promise.reject(new WxFailure('getUserInfo:fail', errno))
      expect(await failureOf(me.wechatData(refuse))).toMatchObject({ code, errno })
    }
    expect(world.server.count('/v1/me/wechat-data')).toBe(0)
  })
})

describe('leaving', () => {
  it('ends the session here, with nothing more sent, and keeps nothing', async () => {
    const { world, client, me } = await atHome()
    const heard: unknown[] = []
    client.onChange((user) => heard.push(user))
    expect(await me.delete()).toEqual({ gone_at: '2026-01-08T00:00:00Z' })
    expect(client.user).toBeNull()
    expect(heard).toEqual([null])
    expect(world.server.count('/v1/revoke')).toBe(0)
    expect((await failureOf(me.get())).code).toBe('signed_out')
    expect(JSON.stringify([...world.phone.storage])).not.toContain('user-li')
  })

  it('keeps the session when the server says no', async () => {
    const { world, client, me } = await atHome()
    world.server.fail('/v1/me', { kind: 'problem', code: 'unavailable' })
    expect((await failureOf(me.delete())).code).toBe('unavailable')
    expect(client.user?.id).toBe('user-li')
  })

  it('is told at the next login, and taken back with restore', async () => {
    const { world, client, me } = await atHome()
    await me.delete()
    const error = await failureOf(client.login())
    expect(error).toMatchObject({ code: 'user_deleted', action: 'none', status: 403 })
    expect(client.user).toBeNull()
    expect(await client.login({ restore: true })).toMatchObject({ user: { id: 'user-li' } })
    expect(
      callsTo(world, '/v1/sign-in/wechat').map(({ body }) => /"restore":true/.test(body ?? '')),
    ).toEqual([false, false, true])
  })

  it('is taken back on a device that has not yet noticed it', async () => {
    const { world, me } = await atHome()
    const there = createWorldBeside(world).client()
    await there.login()
    await me.delete()
    expect(await there.login({ restore: true })).toMatchObject({ user: { id: 'user-li' } })
    expect(world.server.userDeleted).toBe(false)
  })

  it('is not taken back by a login that happens to be under way', async () => {
    const { world, client, me } = await atHome()
    await me.delete()
    const [plain, restored] = await Promise.allSettled([
      client.login(),
      client.login({ restore: true }),
    ])
    expect(plain).toMatchObject({ status: 'rejected', reason: { code: 'user_deleted' } })
    expect(restored.status).toBe('fulfilled')
    expect(world.logins.mostOpen).toBe(1)
  })

  it.each([
    [
      'phone',
      (world: World) =>
        world.client().signInWithPhone({ detail: { code: 'tap', errMsg: '' } }, { restore: true }),
    ],
    [
      'otp',
      (world: World) => world.client().signInWithOtp({ phone, otp: rightOtp, restore: true }),
    ],
    [
      'password',
      (world: World) => world.client().signInWithPassword({ phone, password: 'p', restore: true }),
    ],
  ])('is taken back by %s, too', async (way, restore) => {
    const { world, me } = await atHome()
    await me.delete()
    expect((await restore(world)).status).toBe('signed_in')
    expect(callsTo(world, `/v1/sign-in/${way}`)[0]?.body).toContain('"restore":true')
  })
})

describe('readFailure', () => {
  it('reads what any API of wx failed with, and leaves an AuthError alone', async () => {
    expect(readFailure({ errMsg: 'requirePrivacyAuthorize:fail', errno: 104 })).toMatchObject({
      code: 'privacy_refused',
      errno: 104,
    })
    expect(readFailure({ errMsg: 'chooseMedia:fail cancel' })).toMatchObject({
      code: 'wx_failed',
      errno: undefined,
    })
    expect(readFailure(undefined).code).toBe('wx_failed')
    const error = new AuthError('paused')
    expect(readFailure(error)).toBe(error)
  })
})

/** Another phone of the same person, before the same server. */
const createWorldBeside = ({ clock, server }: World) =>
  createWorld({ clock, server, storage: new Map() })
