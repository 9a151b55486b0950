import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  liHua,
  openAppId,
  openWorld,
  phoneAppId,
  wangFang,
  type Reply,
  type SignedInBody,
  type StoreKind,
  type World,
} from './support/world.ts'

const outcome = ({ status, body }: Reply) => [status, body['code'] ?? body['status'] ?? 'ok']
const password = 'violet anvil monsoon'
const phone = '+8613800138001'
const minuteMs = 60_000

describe.each<StoreKind>(['memory', 'sqlite'])('phone and password, on %s', (storeKind) => {
  let world: World
  let otp: string
  let me: SignedInBody
  beforeEach(async () => {
    world = await openWorld({
      storeKind,
      password: { lockout: { maxFailures: 3 } },
      sms: {
        kind: 'test',
        send(message) {
          otp = message.otp
          return Promise.resolve('sent')
        },
      },
    })
    me = await world.signIn()
  })
  afterEach(() => world.close())

  const post = (path: string, json: object, token?: string) =>
    world.send('POST', path, { json, ...(token !== undefined && { token }) })
  const put = (path: string, json: object, token = me.access_token) =>
    world.send('PUT', path, { json, token })
  const withPassword = (text: string, more: object = {}) =>
    post('/v1/sign-in/password', { app_id: openAppId, phone, password: text, ...more })

  async function setPhone(number = phone, who = me) {
    expect((await post('/v1/otp', { phone: number }, who.access_token)).status).toBe(202)
    return put('/v1/me/phone', { phone: number, otp }, who.access_token)
  }

  async function setUp() {
    expect(outcome(await setPhone())).toEqual([200, 'ok'])
    expect(outcome(await put('/v1/me/password', { password }))).toEqual([200, 'ok'])
  }

  it('a user who has set both signs in with them (R8)', async () => {
    await setUp()
    const reply = await withPassword(password)
    expect(reply.body).toMatchObject({
      status: 'signed_in',
      is_new_user: false,
      user: { id: me.user.id, phone: '+86 138****8001' },
    })
    expect(world.events.at(-1)).toMatchObject({ by: 'password', decision: 'exists' })
  })

  it('a ticket with the right password links the identity that waits (R7)', async () => {
    await setUp()
    const code = await world.wxLogin(liHua, phoneAppId)
    const { body } = await post('/v1/sign-in/wechat', { app_id: phoneAppId, code })
    const ticket = String(body['ticket'])
    expect(outcome(await withPassword('not the password', { app_id: phoneAppId, ticket }))).toEqual(
      [401, 'password_wrong'],
    )
    const linked = await withPassword(password, { app_id: phoneAppId, ticket })
    expect(linked.body).toMatchObject({ status: 'signed_in', user: { id: me.user.id } })
    expect((await world.signIn({ app_id: phoneAppId })).user.id).toBe(me.user.id)
  })

  it('a ticket with an unknown number is told to verify it first (R7)', async () => {
    const code = await world.wxLogin(liHua, phoneAppId)
    const { body } = await post('/v1/sign-in/wechat', { app_id: phoneAppId, code })
    const reply = await withPassword(password, { app_id: phoneAppId, ticket: body['ticket'] })
    expect(outcome(reply)).toEqual([403, 'phone_unverified'])
  })

  it('[AU-4] unknown number, no password set, and wrong password are answered alike', async () => {
    const unknown = await withPassword(password)
    await setPhone()
    const unset = await withPassword(password)
    await put('/v1/me/password', { password })
    const wrong = await withPassword('not the password')
    for (const reply of [unknown, unset, wrong]) {
      expect([reply.status, reply.text]).toEqual([401, wrong.text])
    }
  })

  it('[AU-2] three wrong ones lock the password, for an unknown number too', async () => {
    await setUp()
    for (const number of [phone, '+8613900139000']) {
      for (let i = 0; i < 3; i++) {
        expect((await withPassword('not the password', { phone: number })).status).toBe(401)
      }
      const locked = await withPassword(password, { phone: number })
      expect(outcome(locked)).toEqual([429, 'rate_limited'])
      expect(Number(locked.headers.get('retry-after'))).toBeGreaterThan(60)
    }
  })

  it('[AU-3] a locked password blocks neither WeChat nor SMS', async () => {
    await setUp()
    for (let i = 0; i < 4; i++) await withPassword('not the password')
    expect((await world.signIn()).user.id).toBe(me.user.id)
    world.clock.advance(minuteMs)
    await post('/v1/otp', { phone })
    const bySms = await post('/v1/sign-in/otp', { app_id: openAppId, phone, otp })
    expect(outcome(bySms)).toEqual([200, 'signed_in'])
  })

  it('[AU-2] of fifty guesses at once three are compared', async () => {
    await setUp()
    const replies = await Promise.all(
      Array.from({ length: 50 }, () => withPassword('not it at all')),
    )
    const wrong = replies.filter(({ status }) => status === 401)
    expect(wrong).toHaveLength(3)
    expect(replies.filter(({ status }) => status === 429)).toHaveLength(47)
  })

  it('[AU-8] changing the phone and setting a first password need a sign-in of the last ten minutes', async () => {
    await post('/v1/otp', { phone }, me.access_token)
    world.clock.advance(10 * minuteMs + 1)
    expect(outcome(await put('/v1/me/phone', { phone, otp }))).toEqual([403, 'reauth_required'])
    expect(outcome(await put('/v1/me/password', { password }))).toEqual([403, 'reauth_required'])
  })

  it('[PW-6] changing a password needs the one until now, and signs out the other devices', async () => {
    await setUp()
    const other = await world.signIn()
    const next = 'walnut ferry cathedral'
    expect(outcome(await put('/v1/me/password', { password: next }))).toEqual([
      401,
      'password_wrong',
    ])
    const wrong = { password: next, current_password: 'not the password' }
    expect(outcome(await put('/v1/me/password', wrong))).toEqual([401, 'password_wrong'])
    const right = { password: next, current_password: password }
    expect(outcome(await put('/v1/me/password', right))).toEqual([200, 'ok'])
    expect((await world.send('GET', '/v1/me', { token: other.access_token })).status).toBe(401)
    expect((await world.send('GET', '/v1/me', { token: me.access_token })).status).toBe(200)
    expect((await withPassword(password)).status).toBe(401)
    expect((await withPassword(next)).status).toBe(200)
  })

  it('[PW-3] a weak password is refused with the rule that it breaks, and is not repeated', async () => {
    await setPhone()
    for (const weak of [
      'short',
      'passwordpassword',
      '13800138001-13800138001',
      'aaaaaaaaaaaaaaaaaaaa',
    ]) {
      const reply = await put('/v1/me/password', { password: weak })
      expect(outcome(reply)).toEqual([400, 'password_weak'])
      expect(reply.text).not.toContain(weak)
    }
  })

  it('a phone of somebody else is taken, and nothing changes', async () => {
    const other = await world.signIn({ person: wangFang })
    await setPhone(phone, other)
    world.clock.advance(minuteMs)
    expect(outcome(await setPhone())).toEqual([409, 'phone_taken'])
    const mine = await world.send('GET', '/v1/me', { token: me.access_token })
    expect(mine.body['phone']).toBeNull()
  })

  it('a changed phone frees the old one', async () => {
    await setPhone()
    expect(outcome(await setPhone('+8613800138005'))).toEqual([200, 'ok'])
    const other = await world.signIn({ person: wangFang })
    world.clock.advance(minuteMs)
    expect(outcome(await setPhone(phone, other))).toEqual([200, 'ok'])
  })

  it('[OTP-5] a code for signing in changes no phone, and the other way round', async () => {
    await post('/v1/otp', { phone })
    const signInCode = otp
    expect(outcome(await put('/v1/me/phone', { phone, otp: signInCode }))).toEqual([
      400,
      'otp_expired',
    ])
    world.clock.advance(minuteMs)
    await post('/v1/otp', { phone }, me.access_token)
    const reply = await post('/v1/sign-in/otp', { app_id: openAppId, phone, otp })
    expect(reply.status).toBe(400)
    // One for changing A's phone is none for B's.
    const other = await world.signIn({ person: wangFang })
    expect((await put('/v1/me/phone', { phone, otp }, other.access_token)).status).toBe(400)
    expect(outcome(await put('/v1/me/phone', { phone, otp }))).toEqual([200, 'ok'])
  })
})
