import { describe, expect, it } from 'vitest'
import { rightOtp } from './support/auth-server.ts'
import { quiet } from './support/clock.ts'
import { failureOf } from './support/failure-of.ts'
import { createWorld, type World } from './support/world.ts'

const phone = '+8613800138000'
const right = { phone, otp: rightOtp }

/** Somebody whom the app wants a phone of, and whose login has said so. */
async function atPhoneSheet() {
  const world = createWorld()
  world.server.phoneRequired = true
  const client = world.client()
  expect((await client.login()).status).toBe('phone_required')
  return { world, client }
}

function bodiesTo(world: World, path: string) {
  const calls = world.server.calls.filter((call) => call.path === path)
  return calls.map(({ body }) => JSON.parse(body ?? '') as Record<string, unknown>)
}

describe('signing in with a phone', () => {
  it('sends the button’s code with the ticket, app and device, and no wx.login', async () => {
    const { world, client } = await atPhoneSheet()
    const event = { detail: { code: 'tap-1', errMsg: 'getPhoneNumber:ok' } }
    expect(await client.signInWithPhone(event)).toMatchObject({
      status: 'signed_in',
      user: { id: 'user-li' },
    })
    expect(bodiesTo(world, '/v1/sign-in/phone')).toEqual([
      {
        app_id: 'wx0000000000000001',
        ticket: expect.stringMatching(/^ticket-/) as string,
        phone_code: 'tap-1',
        device: { model: 'iPhone 15', system: 'iOS 18.0' },
      },
    ])
    expect(world.logins.total).toBe(1)
    expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
  })

  it('runs wx.login where there is no ticket', async () => {
    const world = createWorld()
    const client = world.client()
    await client.signInWithPhone(await world.phone.tapPhoneButton())
    const [body] = bodiesTo(world, '/v1/sign-in/phone')
    expect(body).toMatchObject({ code: expect.stringMatching(/^code-/) as string })
    expect(body).not.toHaveProperty('ticket')
    expect(world.logins.total).toBe(1)
  })

  it.each<[string, { errMsg: string; errno?: number; encryptedData?: string }]>([
    ['user_refused', { errMsg: 'getPhoneNumber:fail user deny' }],
    ['user_refused', { errMsg: 'getPhoneNumber:fail', errno: 103 }],
    ['privacy_refused', { errMsg: 'getPhoneNumber:fail', errno: 104 }],
    ['privacy_refused', { errMsg: 'getPhoneNumber:fail privacy permission is not authorized' }],
    [
      'privacy_refused',
      { errMsg: 'getPhoneNumber:fail privacy permission is not authorized', errno: 104 },
    ],
    // Of a button `getPhoneNumber|agreePrivacyAuthorization`.
    [
      'privacy_refused',
      { errMsg: 'getPhoneNumber:fail privacy permission is not authorized', errno: 103 },
    ],
    ['privacy_undeclared', { errMsg: 'getPhoneNumber:fail', errno: 112 }],
    [
      'privacy_undeclared',
      { errMsg: 'getPhoneNumber:fail api scope is not declared in the privacy agreement' },
    ],
    ['phone_quota', { errMsg: 'getRealtimePhoneNumber:fail no quota', errno: 1400001 }],
    ['wx_phone_failed', { errMsg: 'getPhoneNumber:fail no permission', errno: 102 }],
    ['wx_phone_failed', { errMsg: 'getPhoneNumber:ok', encryptedData: 'sealed' }],
  ])('[WX-15] answers %s to %j, and sends nothing', async (code, detail) => {
    const { world, client } = await atPhoneSheet()
    const sent = world.server.calls.length
    const error = await failureOf(client.signInWithPhone({ detail }))
    expect(error).toMatchObject({ code, errno: detail.errno, retryable: false })
    expect(JSON.stringify(error)).not.toContain('sealed')
    expect(world.server.calls).toHaveLength(sent)
  })

  it('asks for an SMS with the ticket, and says how long to wait', async () => {
    const { world, client } = await atPhoneSheet()
    expect(await client.sendOtp(phone)).toEqual({ expiresInSeconds: 300, retryAfterSeconds: 60 })
    const ticket: unknown = expect.stringMatching(/^ticket-/)
    expect(await client.sendOtp(phone, { captcha: 'solved' })).toMatchObject({})
    const app_id = 'wx0000000000000001'
    expect(bodiesTo(world, '/v1/otp')).toEqual([
      { phone, app_id, ticket },
      { phone, app_id, ticket, captcha: 'solved' },
    ])
  })

  it('passes on how long the server asks to wait, and lets logins go on', async () => {
    const world = createWorld()
    const client = world.client()
    const limited = { kind: 'problem', code: 'rate_limited', retryAfter: 40 } as const
    world.server.fail('/v1/otp', limited)
    world.server.fail('/v1/sign-in/password', limited)
    const wanted = { code: 'rate_limited', action: 'wait', retryAfterSeconds: 40 }
    expect(await failureOf(client.sendOtp(phone))).toMatchObject(wanted)
    const proof = { phone, password: 'correct horse' }
    expect(await failureOf(client.signInWithPassword(proof))).toMatchObject(wanted)
    expect((await client.login()).status).toBe('signed_in')
  })

  it('keeps the ticket after a wrong code', async () => {
    const { world, client } = await atPhoneSheet()
    const error = await failureOf(client.signInWithOtp({ phone, otp: '000000' }))
    expect(error).toMatchObject({ code: 'otp_wrong', message: '验证码错误', status: 400 })
    expect((await failureOf(client.request({ url: '/v1/me' }))).code).toBe('phone_required')
    await client.signInWithOtp(right)
    const [first, second] = bodiesTo(world, '/v1/sign-in/otp')
    expect(second?.['ticket']).toBe(first?.['ticket'])
    expect(world.logins.total).toBe(1)
  })

  it('drops a ticket that the server refuses: the next login gets another', async () => {
    const { world, client } = await atPhoneSheet()
    world.server.endTickets()
    const error = await failureOf(client.signInWithOtp(right))
    expect(error).toMatchObject({ code: 'ticket_invalid', action: 'relogin' })
    // Had it been kept, this would fail with `phone_required` without a login.
    world.server.fail('/v1/sign-in/wechat', { kind: 'unreached' })
    expect((await failureOf(client.request({ url: '/v1/me' }))).code).toBe('network')
    expect((await client.login()).status).toBe('phone_required')
    expect((await client.signInWithOtp(right)).status).toBe('signed_in')
    expect(world.logins.total).toBe(3)
  })

  it('shares one flight for an impatient double tap', async () => {
    const { world, client } = await atPhoneSheet()
    const [one, two] = await Promise.all([client.signInWithOtp(right), client.signInWithOtp(right)])
    expect(one).toBe(two)
    expect(bodiesTo(world, '/v1/sign-in/otp')).toHaveLength(1)
  })

  it('gives each proof its own answer, one at a time', async () => {
    const { world, client } = await atPhoneSheet()
    const held = world.server.hold('/v1/sign-in/otp')
    const wrong = failureOf(client.signInWithOtp({ phone, otp: '000000' }))
    const request = client.request({ url: '/v1/me' })
    const corrected = client.signInWithOtp(right)
    await quiet()
    expect(bodiesTo(world, '/v1/sign-in/otp')).toHaveLength(1)
    held.release()
    expect((await wrong).code).toBe('otp_wrong')
    expect((await corrected).status).toBe('signed_in')
    expect((await request).statusCode).toBe(200)
  })

  it('releases the requests that wait for it, without another wx.login', async () => {
    const { world, client } = await atPhoneSheet()
    const held = world.server.hold('/v1/sign-in/otp', 'reply')
    const signIn = client.signInWithOtp(right)
    const waiting = Array.from({ length: 20 }, () => client.request({ url: '/v1/me' }))
    await quiet()
    expect(world.server.count('/v1/me')).toBe(0)
    held.release()
    await signIn
    for (const { statusCode } of await Promise.all(waiting)) expect(statusCode).toBe(200)
    expect(world.logins.total).toBe(1)
  })

  it('tells the requests that wait for one that fails that a phone is required', async () => {
    const { world, client } = await atPhoneSheet()
    const held = world.server.hold('/v1/sign-in/otp')
    const signIn = failureOf(client.signInWithOtp({ phone, otp: '000000' }))
    const waiting = failureOf(client.request({ url: '/v1/me' }))
    await quiet()
    held.release()
    expect((await signIn).code).toBe('otp_wrong')
    expect((await waiting).code).toBe('phone_required')
    expect(world.logins.total).toBe(1)
  })

  it('is not undone by a silent login that was asked for meanwhile', async () => {
    const world = createWorld()
    const client = world.client()
    const held = world.server.hold('/v1/sign-in/otp', 'reply')
    const signIn = client.signInWithOtp(right)
    const login = client.login()
    await quiet()
    held.release()
    expect(await signIn).toMatchObject({ status: 'signed_in' })
    expect((await login).status).toBe('signed_in')
    expect(world.logins.total).toBe(0)
    expect(world.server.liveSessions()).toBe(1)
  })

  it('is dropped by a sign-out, and its session ended', async () => {
    const { world, client } = await atPhoneSheet()
    const held = world.server.hold('/v1/sign-in/otp', 'reply')
    const signIn = failureOf(client.signInWithOtp(right))
    await quiet()
    await client.logout()
    held.release()
    expect((await signIn).code).toBe('signed_out')
    await quiet()
    expect(client.user).toBeNull()
    expect(world.server.liveSessions()).toBe(0)
  })

  it('takes the place of the session that was there, which ends', async () => {
    const world = createWorld()
    const client = world.client()
    await client.login()
    world.server.person = 'wang'
    await client.signInWithOtp(right)
    await quiet()
    expect(client.user?.id).toBe('user-wang')
    expect(world.server.liveSessions()).toBe(1)
  })

  it('[WX-1] keeps no phone, code, password or ticket on the device', async () => {
    const { world, client } = await atPhoneSheet()
    await client.sendOtp(phone)
    await failureOf(client.signInWithPassword({ phone, password: 'wrong' }))
    await client.signInWithPassword({ phone, password: 'correct horse' })
    await client.signInWithOtp(right)
    const kept = JSON.stringify([...world.phone.storage])
    expect(kept).toContain('refresh.')
    expect(kept).not.toMatch(/138|271828|horse|wrong|ticket/)
    expect(world.server.calls.map(({ redirect }) => redirect)).not.toContain('follow')
  })

  it('is refused in single-page mode', async () => {
    const world = createWorld()
    world.phone.scene = 1154
    expect((await failureOf(world.client().signInWithOtp(right))).code).toBe('unavailable')
    expect(world.server.calls).toHaveLength(0)
  })
})
