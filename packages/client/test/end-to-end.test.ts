import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createClient, wechat, type Client } from '../src/index.ts'
import { failureOf } from './support/failure-of.ts'
import { phoneAppId, startServers, type RealServers } from './support/real-servers.ts'
import { createTypedWx, type Phone } from './support/typed-wx.ts'

/** The real server and the real emulator, over HTTP. */
let servers: RealServers
beforeEach(async () => {
  servers = await startServers()
})
afterEach(async () => {
  await servers.close()
})

function openClient(phone: Phone = servers.phone()): Client {
  return createClient({ baseUrl: servers.url, platform: wechat(createTypedWx(phone)) })
}

const askMe = (client: Client, times = 20) =>
  Promise.all(
    Array.from({ length: times }, () => client.request<{ id: string }>({ url: '/v1/me' })),
  )

const sentTo = (path: string) => servers.sent.filter(({ url }) => new URL(url).pathname === path)

/** Ends every session of the user, whose next login succeeds. */
async function endSessions(client: Client): Promise<void> {
  const id = client.user?.id ?? ''
  expect(await servers.auth.users.disable(id)).toBe('changed')
  expect(await servers.auth.users.enable(id)).toBe('changed')
}

describe('the client before the real server', () => {
  it('makes one login for 20 parallel first requests', async () => {
    const client = openClient()
    const replies = await askMe(client)
    expect(replies.every(({ statusCode }) => statusCode === 200)).toBe(true)
    expect(new Set(replies.map(({ data }) => data.id))).toEqual(new Set([client.user?.id]))
    expect(await servers.exchanges()).toBe(1)
  })

  it('makes one login for 20 parallel requests after a 401', async () => {
    const client = openClient()
    await client.login()
    await endSessions(client)
    const replies = await askMe(client)
    expect(replies.every(({ statusCode }) => statusCode === 200)).toBe(true)
    expect(sentTo('/v1/token')).toHaveLength(1)
    expect(await servers.exchanges()).toBe(2)
  })

  it('makes one refresh, and no login, when the access token has run out', async () => {
    const client = openClient()
    await client.login()
    servers.advance(20 * 60_000)
    const replies = await askMe(client)
    expect(replies.every(({ statusCode }) => statusCode === 200)).toBe(true)
    expect(sentTo('/v1/token')).toHaveLength(1)
    expect(await servers.exchanges()).toBe(1)
  })

  it('refreshes for half a year of weeks without a login', async () => {
    const client = openClient()
    await client.login()
    for (let week = 0; week < 25; week++) {
      servers.advance(7 * 86_400_000)
      const [reply] = await askMe(client, 1)
      expect(reply?.statusCode).toBe(200)
    }
    expect(await servers.exchanges()).toBe(1)
  })

  it('converges after a refresh whose reply was lost', async () => {
    const phone = servers.phone()
    const { send } = phone
    let lose = true
    phone.send = async (request) => {
      const reply = await send(request)
      if (!request.url.endsWith('/v1/token') || !lose) return reply
      lose = false
      throw new Error('the network changed')
    }
    const client = openClient(phone)
    await client.login()
    servers.advance(20 * 60_000)
    expect((await failureOf(client.request({ url: '/v1/me' }))).code).toBe('network')
    expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
    expect(await servers.exchanges()).toBe(1)
  })

  it('stays signed in when the mini program is opened again, with nothing sent', async () => {
    const phone = servers.phone()
    const first = openClient(phone)
    await first.login()
    const sent = servers.sent.length
    const second = openClient(phone)
    expect(second.user).toEqual(first.user)
    await second.login()
    expect(servers.sent).toHaveLength(sent)
  })

  it('ends the session on the server when it signs out', async () => {
    const client = openClient()
    await client.login()
    const [, me] = [await askMe(client, 1), sentTo('/v1/me')[0]]
    await client.logout()
    const { status } = await fetch(`${servers.url}/v1/me`, { headers: me?.header ?? {} })
    expect(status).toBe(401)
    expect((await failureOf(client.request({ url: '/v1/me' }))).code).toBe('signed_out')
  })

  it('shows in the list of devices as what it is', async () => {
    const client = openClient()
    const { data } = await client.request<{ sessions: object[] }>({ url: '/v1/me/sessions' })
    expect(data.sessions).toMatchObject([
      { device: { model: 'iPhone 15', system: 'iOS 18.0' }, current: true },
    ])
  })

  it('leaves one session after a fresh login', async () => {
    const client = openClient()
    await client.login()
    await client.login({ fresh: true })
    const { data } = await client.request<{ sessions: object[] }>({ url: '/v1/me/sessions' })
    expect(data.sessions).toHaveLength(1)
  })

  it('signs a disabled user out at the next refresh, without another login', async () => {
    const client = openClient()
    await client.login()
    await servers.auth.users.disable(client.user?.id ?? '')
    servers.advance(20 * 60_000)
    const error = await failureOf(client.request({ url: '/v1/me' }))
    expect(error).toMatchObject({ code: 'user_disabled', status: 403, retryable: false })
    expect(error.message).not.toBe('')
    expect(client.user).toBeNull()
    expect(await servers.exchanges()).toBe(1)
  })

  it('asks for a phone where the app wants one', async () => {
    const client = openClient(servers.phone({ appId: phoneAppId }))
    expect(await client.login()).toEqual({ status: 'phone_required', expiresInSeconds: 600 })
    expect((await failureOf(client.request({ url: '/v1/me' }))).code).toBe('phone_required')
    expect(await servers.exchanges()).toBe(1)
  })

  it('signs in by the phone button with the ticket that the login left, without another wx.login', async () => {
    const phone = servers.phone({ appId: phoneAppId })
    const client = openClient(phone)
    await client.login()
    const result = await client.signInWithPhone(await phone.tapPhoneButton())
    expect(result).toMatchObject({ status: 'signed_in', isNewUser: true, user: client.user })
    expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
    expect(await servers.exchanges()).toBe(1)
    expect(await openClient(servers.phone({ appId: phoneAppId })).login()).toMatchObject({
      status: 'signed_in',
      user: { id: client.user?.id },
    })
  })

  it('signs in by the phone button without a ticket, by a login code', async () => {
    const phone = servers.phone({ appId: phoneAppId })
    const client = openClient(phone)
    const result = await client.signInWithPhone(await phone.tapPhoneButton())
    expect(result).toMatchObject({ status: 'signed_in', isNewUser: true })
    expect(await servers.exchanges()).toBe(1)
  })

  it('[WX-15] says who refused the phone: the person, or WeChat', async () => {
    const phone = servers.phone({ appId: phoneAppId })
    const client = openClient(phone)
    await client.login()
    for (const [switches, code, errno] of [
      [{ phone_denied: true }, 'user_refused', 103],
      [{ phone_denied: [], phone_quota: 0 }, 'phone_quota', 1400001],
      [{ phone_quota: null, personal_account: true }, 'wx_phone_failed', 102],
    ] as const) {
      await servers.setSwitches(phoneAppId, switches)
      const error = await failureOf(client.signInWithPhone(await phone.tapPhoneButton()))
      expect(error).toMatchObject({ code, errno })
    }
    await servers.setSwitches(phoneAppId, { personal_account: false })
    const result = await client.signInWithPhone(await phone.tapPhoneButton())
    expect(result.status).toBe('signed_in')
  })

  it('signs in by SMS: a wrong code leaves the ticket, and the right one signs in', async () => {
    const client = openClient(servers.phone({ appId: phoneAppId }))
    await client.login()
    const phone = '13800138001'
    expect(await client.sendOtp(phone)).toEqual({ expiresInSeconds: 300, retryAfterSeconds: 60 })
    const again = await failureOf(client.sendOtp(phone))
    expect(again).toMatchObject({ code: 'rate_limited', action: 'wait', retryAfterSeconds: 60 })
    const otp = servers.texts.at(-1)?.otp ?? ''
    const wrong = otp === '000000' ? '000001' : '000000'
    const error = await failureOf(client.signInWithOtp({ phone, otp: wrong }))
    expect(error).toMatchObject({ code: 'otp_wrong', status: 400 })
    const result = await client.signInWithOtp({ phone, otp })
    expect(result).toMatchObject({ status: 'signed_in', isNewUser: true })
    expect(await servers.exchanges()).toBe(1)
  })

  it('signs in by password, with the ticket or without', async () => {
    const phone = '13800138001'
    const password = 'a lighthouse in the rain'
    const first = openClient()
    await first.sendOtp(phone)
    await first.signInWithOtp({ phone, otp: servers.texts.at(-1)?.otp ?? '' })
    const set = await first.request({
      url: '/v1/me/password',
      method: 'PUT',
      data: { password },
    })
    expect(set.statusCode).toBe(200)
    const second = openClient(servers.phone({ appId: phoneAppId }))
    await second.login()
    expect(await failureOf(second.signInWithPassword({ phone, password: 'x' }))).toMatchObject({
      code: 'password_wrong',
    })
    const result = await second.signInWithPassword({ phone, password })
    expect(result).toMatchObject({ status: 'signed_in', user: { id: first.user?.id } })
    const third = openClient()
    expect(await third.signInWithPassword({ phone, password })).toMatchObject({
      user: { id: first.user?.id },
    })
  })

  it('asks for a new login when the ticket has run out', async () => {
    const phone = servers.phone({ appId: phoneAppId })
    const client = openClient(phone)
    await client.login()
    servers.advance(601_000)
    const error = await failureOf(client.signInWithPhone(await phone.tapPhoneButton()))
    expect(error).toMatchObject({ code: 'ticket_invalid', action: 'relogin' })
    expect((await client.login()).status).toBe('phone_required')
    const result = await client.signInWithPhone(await phone.tapPhoneButton())
    expect(result.status).toBe('signed_in')
  })

  it('says that the server does not know the app', async () => {
    const phone = servers.phone()
    const client = openClient({ ...phone, appId: 'wx00000000000000ff' })
    const error = await failureOf(client.login())
    expect(error).toMatchObject({ code: 'app_unknown', action: 'fix_config' })
  })

  it('[WX-1] neither stores nor sends nor shows a session_key, a code or a token where it should not', async () => {
    const phone = servers.phone()
    const codes: string[] = []
    const { login } = phone
    phone.login = async () => {
      const code = await login()
      codes.push(code)
      return code
    }
    const client = openClient(phone)
    await client.request({ url: '/v1/me' })
    await endSessions(client)
    await client.request({ url: '/v1/me' })
    const kept = JSON.stringify([...phone.storage])
    const inUrls = servers.sent.map(({ url }) => url).join()
    const replies = JSON.stringify(servers.received)
    expect(codes).toHaveLength(2)
    for (const code of codes) expect(kept + inUrls + replies).not.toContain(code)
    expect(kept + inUrls + replies).not.toContain('session_key')
    expect(servers.reports).toEqual([])
  })
})
