import { seedWorld } from '@kaimen/emulator'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { account } from '../src/account.ts'
import { createClient, wechat } from '../src/index.ts'
import { failureOf } from './support/failure-of.ts'
import { phoneAppId, startServers, type RealServers } from './support/real-servers.ts'
import { createTypedWx, type Phone } from './support/typed-wx.ts'

const [openApp] = seedWorld.apps
const [liHua, wangFang] = seedWorld.people
const number = '13800138009'
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const minuteMs = 60_000
const dayMs = 86_400_000

/** The real server and the real emulator, over HTTP. */
let servers: RealServers
beforeEach(async () => {
  servers = await startServers()
})
afterEach(async () => {
  await servers.close()
})

function open(phone: Phone = servers.phone()) {
  const wx = createTypedWx(phone)
  const client = createClient({ baseUrl: servers.url, platform: wechat(wx) })
  return { phone, wx, client, me: account(client, { files: wx.getFileSystemManager() }) }
}

const lastOtp = () => servers.texts.at(-1)?.otp ?? ''

describe('my account before the real server', () => {
  it('takes a nickname, and another device sees it', async () => {
    const { me, client } = open()
    expect(await me.get()).toMatchObject({ nickname: null, avatar_url: null, phone: null })
    expect((await me.update({ nickname: ' 李华 ' })).nickname).toBe('李华')
    expect(client.user?.nickname).toBe('李华')
    expect((await open().me.get()).nickname).toBe('李华')
    const error = await failureOf(me.update({ nickname: '微信用户' }))
    expect(error).toMatchObject({ code: 'body_invalid', status: 400 })
    expect((await me.update({ nickname: null })).nickname).toBeNull()
  })

  it('takes the picture of chooseAvatar, which anybody can see, and what is none it does not', async () => {
    const { me, phone, client } = open()
    phone.files.set('wxfile://tmp_a.jpg', Uint8Array.from(picture).buffer)
    const { avatar_url } = await me.uploadAvatar('wxfile://tmp_a.jpg')
    expect(client.user?.avatar_url).toBe(avatar_url)
    const shown = await fetch(servers.url + new URL(avatar_url ?? '').pathname)
    expect(shown.headers.get('content-type')).toBe('image/png')
    expect(Buffer.from(await shown.arrayBuffer()).equals(picture)).toBe(true)
    phone.files.set('http://tmp/b.png', new TextEncoder().encode('<svg/>').buffer)
    const error = await failureOf(me.uploadAvatar('http://tmp/b.png'))
    expect(error).toMatchObject({ code: 'media_type_unsupported', status: 415 })
    expect((await me.update({ avatar_url: null })).avatar_url).toBeNull()
  })

  it('keeps preferences for every device, and lets neither overwrite the other', async () => {
    const [here, there] = [open().me.preferences, open().me.preferences]
    expect(await here.get()).toEqual({ value: {}, etag: '"0"' })
    const { etag } = await here.put({ dark: true }, '"0"')
    expect(await there.get()).toEqual({ value: { dark: true }, etag })
    expect((await failureOf(there.put({}, '"0"'))).code).toBe('preferences_changed')
    expect((await failureOf(there.put({}, ''))).code).toMatch(/^preferences_changed|precondition/)
    await Promise.all([
      here.update((value) => ({ ...value, here: 1 })),
      there.update((value) => ({ ...value, there: 2 })),
    ])
    expect((await here.get()).value).toEqual({ dark: true, here: 1, there: 2 })
  })

  it('has open data verified, and after a login elsewhere made the key stale, once more', async () => {
    await servers.setSwitches(openApp.appid, { session_key_rotation: 'always' })
    const { me, phone, wx } = open()
    await me.get()
    expect(await me.checkWechatSession()).toBe(true)
    const ask = () => wx.getUserInfo({ withCredentials: true })
    expect(await me.wechatData(ask)).toMatchObject({ nickName: null, avatarUrl: null })
    await phone.login()
    expect(await me.checkWechatSession()).toBe(false)
    const stale = await wx.getUserInfo({ withCredentials: true })
    expect((await failureOf(me.wechatData(stale))).code).toBe('session_key_stale')
    await phone.login()
    expect(await me.wechatData(ask)).toMatchObject({ nickName: null })
    expect(await me.checkWechatSession()).toBe(true)
  })

  it('binds a number by a code that lets nobody in, and changes it', async () => {
    const { me, client } = open()
    expect((await me.sendOtpForPhone(number)).retryAfterSeconds).toBe(60)
    const otp = lastOtp()
    expect((await failureOf(open().client.signInWithOtp({ phone: number, otp }))).code).toMatch(
      /^otp_/,
    )
    expect((await me.changePhone({ phone: number, otp })).phone).toBe('+86 138****8009')
    const id = client.user?.id
    servers.advance(2 * minuteMs)
    await open().client.sendOtp(number)
    const other = open(servers.phone({ person: wangFang.id }))
    const result = await other.client.signInWithOtp({ phone: number, otp: lastOtp() })
    expect(result).toMatchObject({ user: { id } })
  })

  it('says that a number is somebody else’s, and changes nothing', async () => {
    const [li, wang] = [open(), open(servers.phone({ person: wangFang.id }))]
    await li.me.sendOtpForPhone(number)
    await li.me.changePhone({ phone: number, otp: lastOtp() })
    servers.advance(2 * minuteMs)
    await wang.me.sendOtpForPhone(number)
    const error = await failureOf(wang.me.changePhone({ phone: number, otp: lastOtp() }))
    expect(error).toMatchObject({ code: 'phone_taken', status: 409 })
    expect((await wang.me.get()).phone).toBeNull()
    expect((await li.me.get()).phone).toBe('+86 138****8009')
  })

  it('proves by a silent login what needs a sign-in of the last 10 minutes', async () => {
    const { me, client } = open()
    await me.get()
    const { user } = client
    servers.advance(11 * minuteMs)
    const everything = await me.export()
    expect(everything.user).toMatchObject({ id: user?.id, has_password: false })
    expect(await servers.exchanges()).toBe(2)
    expect(await me.devices()).toHaveLength(1)
    servers.advance(11 * minuteMs)
    await me.setPassword({ password: 'a lighthouse in the rain' })
    expect(client.user).toEqual(user)
  })

  it('lets the person sign in again where SMS did, and makes nobody of this phone’s WeChat', async () => {
    const { client, me } = open(servers.phone({ person: wangFang.id }))
    await client.sendOtp(number)
    await client.signInWithOtp({ phone: number, otp: lastOtp() })
    const { user } = client
    servers.advance(11 * minuteMs)
    expect((await failureOf(me.delete())).code).toBe('reauth_required')
    expect(client.user).toEqual(user)
    expect(await servers.exchanges()).toBe(0)
  })

  it('changes a password by the one until now, and signs the other devices out', async () => {
    const [here, there] = [open(), open()]
    await here.me.sendOtpForPhone(number)
    await here.me.changePhone({ phone: number, otp: lastOtp() })
    await there.me.get()
    await here.me.setPassword({ password: 'a lighthouse in the rain', endOtherSessions: false })
    expect(await here.me.devices()).toHaveLength(2)
    const change = { password: 'two lighthouses in the rain', currentPassword: 'wrong' }
    expect((await failureOf(here.me.setPassword(change))).code).toBe('password_wrong')
    await here.me.setPassword({ ...change, currentPassword: 'a lighthouse in the rain' })
    expect(await here.me.devices()).toMatchObject([{ current: true }])
  })

  it('lists devices, and signs out one or all the others', async () => {
    const [here, there, third] = [open(), open(), open()]
    for (const { me } of [here, there, third]) await me.get()
    const other = (await here.me.devices()).find(({ current }) => !current)
    await here.me.removeDevice(other?.id ?? '')
    expect((await failureOf(here.me.removeDevice(other?.id ?? ''))).code).toBe('not_found')
    expect(await here.me.removeOtherDevices()).toBe(1)
    expect(await here.me.devices()).toHaveLength(1)
  })

  it('links the WeChat of this phone to an account that SMS signed in to, and unlinks it', async () => {
    const { client, me } = open()
    await client.sendOtp(number)
    await client.signInWithOtp({ phone: number, otp: lastOtp() })
    expect(await me.identities()).toEqual([])
    expect(await me.link()).toMatchObject([{ app_id: openApp.appid, kind: 'mini_program' }])
    expect(await open().client.login()).toMatchObject({
      user: { id: client.user?.id },
    })
    const [identity] = await me.identities()
    expect(await me.unlink(identity?.id ?? '')).toEqual([])
  })

  it('refuses to take away the last way in, or a WeChat that is somebody else’s', async () => {
    const { me } = open()
    const [identity] = await me.identities()
    expect((await failureOf(me.unlink(identity?.id ?? ''))).code).toBe('last_way_in')
    const other = open(servers.phone({ person: wangFang.id }))
    await other.client.sendOtp(number)
    await other.client.signInWithOtp({ phone: number, otp: lastOtp() })
    const code = await servers.phone({ person: liHua.id }).login()
    const error = await failureOf(other.me.link({ code, app_id: openApp.appid }))
    expect(error).toMatchObject({ code: 'identity_taken', status: 409 })
  })

  it('is deleted: every device is out, the sign-in is refused, and restore takes it back', async () => {
    const [here, there] = [open(), open()]
    await here.me.update({ nickname: '李华' })
    const id = (await there.me.get()).id
    const { gone_at } = await here.me.delete()
    expect(new Date(gone_at).getTime() - Date.now()).toBeGreaterThan(6 * dayMs)
    expect(here.client.user).toBeNull()
    expect(servers.sent.filter(({ url }) => url.endsWith('/v1/revoke'))).toHaveLength(0)
    expect((await failureOf(there.me.get())).status).toBeGreaterThanOrEqual(401)
    expect((await failureOf(there.client.login({ fresh: true }))).code).toBe('user_deleted')
    expect((await failureOf(here.client.login())).code).toBe('user_deleted')
    const back = await here.client.login({ restore: true })
    expect(back).toMatchObject({ user: { id, nickname: '李华' }, isNewUser: false })
  })

  it('is deleted, and taken back by phone button, SMS or password', async () => {
    const phone = servers.phone({ appId: phoneAppId })
    const { client, me } = open(phone)
    await client.login()
    await client.signInWithPhone(await phone.tapPhoneButton())
    const password = 'a lighthouse in the rain'
    await me.setPassword({ password })
    const id = client.user?.id
    const own = '13800138001'
    const ways = [
      async (restore: boolean) => client.signInWithPhone(await phone.tapPhoneButton(), { restore }),
      (restore: boolean) => client.signInWithPassword({ phone: own, password, restore }),
      async (restore: boolean) => {
        servers.advance(2 * minuteMs)
        await client.sendOtp(own)
        return client.signInWithOtp({ phone: own, otp: lastOtp(), restore })
      },
    ]
    for (const signIn of ways) {
      await me.delete()
      expect((await failureOf(signIn(false))).code).toBe('user_deleted')
      expect(await signIn(true)).toMatchObject({ user: { id } })
    }
  })

  it('is deleted for good when the time to reconsider is over', async () => {
    const { client, me } = open()
    await me.update({ nickname: '李华' })
    const id = client.user?.id
    await me.delete()
    servers.advance(8 * dayMs)
    await servers.auth.tidy()
    const result = await client.login({ restore: true })
    expect(result).toMatchObject({ status: 'signed_in', isNewUser: true, user: { nickname: null } })
    expect(client.user?.id).not.toBe(id)
  })

  it('loses what the person withdrew in WeChat', async () => {
    const { me, phone } = open()
    phone.files.set('wxfile://a', Uint8Array.from(picture).buffer)
    await me.update({ nickname: '李华' })
    await me.uploadAvatar('wxfile://a')
    await me.sendOtpForPhone(number)
    await me.changePhone({ phone: number, otp: lastOtp() })
    await servers.push(liHua.id, 'user_authorization_revoke', '20')
    expect(await me.get()).toMatchObject({ nickname: '李华', avatar_url: null })
    await servers.push(liHua.id, 'user_authorization_revoke', '19')
    await servers.push(liHua.id, 'user_authorization_revoke', '8')
    expect(await me.get()).toMatchObject({ nickname: null, avatar_url: null, phone: null })
  })
})
