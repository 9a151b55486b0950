import { account } from '@kaimen/client/account'
import { createClient, wechat } from '@kaimen/client'
import { seedWorld } from '@kaimen/emulator'
import type { Auth } from '@kaimen/server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  phoneAppId,
  startServers,
  type RealServers,
} from '../../../packages/client/test/support/real-servers.ts'
import {
  createTypedWx,
  WxFailure,
  type Phone,
} from '../../../packages/client/test/support/typed-wx.ts'
import { baseUrl } from '../miniprogram/config.js'
import { startMiniProgram, type MiniProgram, type OpenPage } from './support/mini-program.ts'
import { openScreen } from './support/screen.ts'

const [liHua, wangFang] = seedWorld.people
/** The pages as they are, the SDK's source, the real server and the real emulator. */
let servers: RealServers
let phone: { -readonly [K in keyof Phone]: Phone[K] }
let program: MiniProgram

const signInPage = '/pages/sign-in/sign-in'
const accountPage = '/pages/account/account'
const phonePage = '/pages/phone/phone'
const smsPage = '/pages/sms/sms'
const profilePage = '/pages/profile/profile'
const changePhonePage = '/pages/change-phone/change-phone'
const passwordPage = '/pages/password/password'
const leavePage = '/pages/leave/leave'

const liHuasNumber = '13800138001'
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const dayMs = 86_400_000

beforeEach(async () => {
  servers = await startServers()
  phone = borrowPhone()
  program = await startMiniProgram(phone)
})
afterEach(async () => {
  program.close()
  await servers.close()
})

/** A phone of this person, on whose network the address of config.js is the server's. */
function borrowPhone(person: string = liHua.id, app: { appId?: string } = {}) {
  const borrowed = servers.phone({ person, ...app })
  const { send } = borrowed
  borrowed.send = (sent) => send({ ...sent, url: sent.url.replace(baseUrl, servers.url) })
  return borrowed
}

const lastOtp = () => servers.texts.at(-1)?.otp ?? ''

/** What the person has on another phone, by the SDK alone. */
function openElsewhere(person: string = liHua.id) {
  const other = servers.phone({ person })
  const client = createClient({ baseUrl: servers.url, platform: wechat(createTypedWx(other)) })
  return { client, me: account(client) }
}

describe('the sign-in page', () => {
  it('shows its content without a login', async () => {
    const page = await program.open(signInPage)
    expect(page.data).toEqual({ user: null, busy: false, deleted: false, problem: '' })
    expect(servers.sent).toHaveLength(0)
    expect(await servers.exchanges()).toBe(0)
  })

  it('signs in with one tap and opens the account', async () => {
    const page = await program.open(signInPage)
    await page.tap('signIn')
    expect(page.data).toMatchObject({ busy: false, problem: '', user: { id: expect.any(String) } })
    expect(program.top().route).toBe('pages/account/account')
    expect(program.top().data).toMatchObject({ state: 'ready' })
    expect(await servers.exchanges()).toBe(1)
  })

  it('signs in once for an impatient double tap', async () => {
    const page = await program.open(signInPage)
    await Promise.all([page.tap('signIn'), page.tap('signIn')])
    expect(await servers.exchanges()).toBe(1)
    expect(program.pages).toHaveLength(2)
  })

  it('stops listening when it is closed', async () => {
    const page = await program.open(signInPage)
    await page.call('onUnload')
    await page.tap('signIn')
    expect(page.data['user']).toBeNull()
  })

  it('offers the account to whoever is signed in already', async () => {
    await (await program.open(signInPage)).tap('signIn')
    const again = await program.open(signInPage)
    expect(again.data['user']).toMatchObject({ id: expect.any(String) as string })
    await again.tap('enter')
    expect(program.top().route).toBe('pages/account/account')
  })

  it('says that the network is away, and signs in on the second try', async () => {
    const { send } = phone
    phone.send = () => Promise.reject(new WxFailure('request:fail', 600001))
    const page = await program.open(signInPage)
    await page.tap('signIn')
    expect(page.data).toMatchObject({ busy: false, problem: '网络不通，请稍后重试' })
    phone.send = send
    await page.tap('signIn')
    expect(page.data['problem']).toBe('')
    expect(program.top().data).toMatchObject({ state: 'ready' })
  })

  it('tells how long to wait after three failures', async () => {
    phone.send = () => Promise.reject(new WxFailure('request:fail', 600001))
    const page = await program.open(signInPage)
    for (let i = 0; i < 4; i++) await page.tap('signIn')
    expect(page.data['problem']).toMatch(/^登录太频繁，请稍后重试（\d+ 秒后可以再试）$/)
  })

  it('tells the developer what to set when DevTools gives no real code', async () => {
    phone.login = () => Promise.resolve('the code is a mock one')
    const page = await program.open(signInPage)
    await page.tap('signIn')
    expect(page.data['problem']).toContain('AppID')
  })

  it('points to the mini program when opened as a single page from Moments', async () => {
    phone.scene = 1154
    const page = await program.open(signInPage)
    await page.tap('signIn')
    expect(page.data['problem']).toBe('请前往小程序登录')
  })
})

describe('the account page', () => {
  it('signs in silently, and shows the user and this device', async () => {
    const page = await program.open(accountPage)
    expect(page.data).toMatchObject({
      state: 'ready',
      problem: '',
      me: {
        id: expect.stringMatching(/./) as string,
        nickname: '未填写',
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d$/) as string,
      },
      devices: [{ name: 'iPhone 15', current: true }],
    })
    expect(await servers.exchanges()).toBe(1)
  })

  it('signs another device out', async () => {
    await signInElsewhere('Mate 60')
    const page = await program.open(accountPage)
    const other = devicesOf(page.data).find(({ current }) => !current)
    expect(other).toMatchObject({ name: 'Mate 60' })
    await page.tap('removeDevice', { id: other?.id ?? '', name: 'Mate 60' })
    expect(program.questions).toEqual(['退出这台设备 “Mate 60”需要重新登录才能使用。'])
    expect(devicesOf(page.data)).toMatchObject([{ current: true }])
    expect(page.data).toMatchObject({ state: 'ready', busy: '', problem: '' })
  })

  it('shows each person their own', async () => {
    const ofLiHua = await program.open(accountPage)
    program.close()
    program = await startMiniProgram(borrowPhone(wangFang.id))
    const ofWangFang = await program.open(accountPage)
    expect(idOf(ofWangFang.data)).not.toBe(idOf(ofLiHua.data))
    expect(devicesOf(ofWangFang.data)).toHaveLength(1)
  })

  it('leaves the other device alone when the person thinks better of it', async () => {
    await signInElsewhere('Mate 60')
    const page = await program.open(accountPage)
    program.agree = false
    const [other] = devicesOf(page.data).filter(({ current }) => !current)
    await page.tap('removeDevice', { id: other?.id ?? '', name: 'Mate 60' })
    await page.tap('load')
    expect(devicesOf(page.data)).toHaveLength(2)
  })

  it('keeps what it shows, and says what failed, when a device could not be signed out', async () => {
    const page = await program.open(accountPage)
    await page.tap('removeDevice', { id: 'ses_nothing', name: 'Mate 60' })
    expect(page.data).toMatchObject({ state: 'ready', busy: '' })
    expect(page.data['problem']).not.toBe('')
    expect(devicesOf(page.data)).toHaveLength(1)
  })

  it('signs out, and signs in again by a tap', async () => {
    const page = await program.open(accountPage)
    await page.tap('signOut')
    expect(program.toasts).toEqual(['已退出登录'])
    expect(page.data['state']).toBe('signed_out')
    expect(JSON.stringify([...phone.storage])).not.toContain('Token":')
    await page.tap('load')
    expect(page.data['state']).toBe('signed_out')
    expect(await servers.exchanges()).toBe(1)
    await page.tap('signIn')
    expect(page.data['state']).toBe('ready')
    expect(devicesOf(page.data)).toHaveLength(1)
  })

  it('stays signed in when the person thinks better of it', async () => {
    const page = await program.open(accountPage)
    program.agree = false
    await page.tap('signOut')
    expect(page.data['state']).toBe('ready')
    expect(program.toasts).toEqual([])
  })

  it('says that it could not load, and loads on the second try', async () => {
    const { send } = phone
    phone.send = () => Promise.reject(new WxFailure('request:fail timeout', 5))
    const page = await program.open(accountPage)
    expect(page.data).toMatchObject({ state: 'problem', problem: '超时，请稍后重试' })
    phone.send = send
    await page.tap('load')
    expect(page.data).toMatchObject({ state: 'ready', problem: '' })
  })

  it('says that the account was disabled, and signs nobody in', async () => {
    const page = await program.open(accountPage)
    await servers.auth.users.disable(idOf(page.data))
    await page.tap('load')
    expect(page.data['problem']).toBe('账号已停用或已注销，请重新登录，或联系客服')
    expect(await servers.exchanges()).toBe(2)
  })

  it('shows the account again after the session was ended elsewhere', async () => {
    const page = await program.open(accountPage)
    const { me } = page.data
    await endSessions(servers.auth, idOf(page.data))
    await page.tap('onPullDownRefresh')
    expect(page.data).toMatchObject({ state: 'ready', problem: '', me })
    expect(await servers.exchanges()).toBe(2)
  })
})

describe('where the app wants a phone', () => {
  /** Another start of the mini program that wants a phone, on another phone. */
  async function restartAs(person: string) {
    program.close()
    phone = borrowPhone(person, { appId: phoneAppId })
    program = await startMiniProgram(phone)
  }
  beforeEach(() => restartAs(liHua.id))

  async function askForCode(number: string) {
    const page = await program.open(smsPage)
    await page.type('typePhone', number)
    await page.tap('sendCode')
    return page
  }

  /** From the first tap to the account, by the phone button. */
  async function register(): Promise<string> {
    await (await program.open(signInPage)).tap('signIn')
    await program.top().tapPhone('usePhone')
    return idOf(program.top().data)
  }

  it('the first login opens the phone sheet, and one tap there the account', async () => {
    await (await program.open(signInPage)).tap('signIn')
    const sheet = program.top()
    expect(sheet.route).toBe('pages/phone/phone')
    await sheet.tapPhone('usePhone')
    expect(sheet.data).toEqual({ busy: false, deleted: false, problem: '' })
    expect(program.pages).toHaveLength(1)
    expect(program.top().route).toBe('pages/account/account')
    expect(program.top().data).toMatchObject({
      state: 'ready',
      me: { phone: '+86 138****8001' },
      devices: [{ current: true }],
    })
    expect(await servers.exchanges()).toBe(1)
  })

  it('WeChat alone is enough from then on', async () => {
    const id = await register()
    await restartAs(liHua.id)
    await (await program.open(signInPage)).tap('signIn')
    expect(program.top().route).toBe('pages/account/account')
    expect(idOf(program.top().data)).toBe(id)
  })

  it('the account says what is missing, and leads to the phone sheet', async () => {
    const page = await program.open(accountPage)
    expect(page.data['state']).toBe('phone_required')
    await page.tap('provePhone')
    expect(program.top().route).toBe('pages/phone/phone')
  })

  it('who refuses the button is told of SMS, and may tap again', async () => {
    await servers.setSwitches(phoneAppId, { phone_denied: true })
    await (await program.open(signInPage)).tap('signIn')
    const sheet = program.top()
    await sheet.tapPhone('usePhone')
    expect(sheet.data).toEqual({
      busy: false,
      deleted: false,
      problem: '没有取得手机号，也可以用短信验证码',
    })
    await sheet.tap('useSms')
    expect(program.top().route).toBe('pages/sms/sms')
    await servers.setSwitches(phoneAppId, { phone_denied: [] })
    await sheet.tapPhone('usePhone')
    expect(program.top().data).toMatchObject({ state: 'ready' })
  })

  it('[WX-15] the privacy guide is asked for first; refused, it is told from a refused number', async () => {
    program.privacyAgreed = false
    await (await program.open(signInPage)).tap('signIn')
    const sheet = program.top()
    const popup = popupOf(sheet)
    const refused = sheet.tapPhone('usePhone')
    await vi.waitFor(() => expect(popup.data['shown']).toBe(true))
    expect(popup.data['contract']).toBe('《开门隐私保护指引》')
    await popup.tap('read')
    expect(program.contractsRead).toBe(1)
    await popup.tap('refuse')
    await refused
    expect(popup.data['shown']).toBe(false)
    const ofGuide = sheet.data['problem']
    expect(ofGuide).toBe('你没有同意隐私保护指引，所以没有取得手机号；可以用短信验证码')

    const agreed = sheet.tapPhone('usePhone')
    await servers.setSwitches(phoneAppId, { phone_denied: true })
    await vi.waitFor(() => expect(popup.data['shown']).toBe(true))
    await popup.tap('agree')
    await agreed
    expect(sheet.data['problem']).toBe('没有取得手机号，也可以用短信验证码')
    expect(sheet.data['problem']).not.toBe(ofGuide)

    await servers.setSwitches(phoneAppId, { phone_denied: [] })
    await sheet.tapPhone('usePhone')
    expect(program.top().data).toMatchObject({ state: 'ready', me: { phone: '+86 138****8001' } })
  })

  it('[WX-15] who refuses the privacy guide signs in by SMS all the same', async () => {
    program.privacyAgreed = false
    await (await program.open(signInPage)).tap('signIn')
    const sheet = program.top()
    const tap = sheet.tapPhone('usePhone')
    await vi.waitFor(() => expect(popupOf(sheet).data['shown']).toBe(true))
    await popupOf(sheet).tap('refuse')
    await tap
    await sheet.tap('useSms')
    const page = program.top()
    await page.type('typePhone', liHuasNumber)
    await page.tap('sendCode')
    await page.type('typeOtp', lastOtp())
    await page.tap('submit')
    expect(program.top().data).toMatchObject({ state: 'ready' })
    expect(program.privacyAgreed).toBe(false)
  })

  it('tells the developer that the privacy guide does not name the phone number', async () => {
    await (await program.open(signInPage)).tap('signIn')
    phone.tapPhoneButton = () =>
      Promise.resolve({ detail: { errMsg: 'getPhoneNumber:fail', errno: 112 } })
    await program.top().tapPhone('usePhone')
    expect(program.top().data['problem']).toContain('privacy_undeclared')
  })

  it('a deleted account is taken back by SMS, when the page has said so', async () => {
    const id = await register()
    await (await program.open(leavePage)).tap('leave')
    const page = await askForCode(liHuasNumber)
    await page.type('typeOtp', lastOtp())
    await page.tap('submit')
    expect(page.data).toMatchObject({ deleted: true, busy: false, problem: '' })
    servers.advance(61_000)
    for (let i = 0; i < 60; i++) await page.call('tick')
    await page.tap('sendCode')
    await page.type('typeOtp', lastOtp())
    await page.tap('submit')
    expect(idOf(program.top().data)).toBe(id)
  })

  it('another number on that page takes nobody back', async () => {
    await register()
    await (await program.open(leavePage)).tap('leave')
    const page = await askForCode(liHuasNumber)
    await page.type('typeOtp', lastOtp())
    await page.tap('submit')
    await page.type('typePhone', '13800138002')
    expect(page.data['deleted']).toBe(false)
  })

  it('a quota that is used up leads to SMS as well', async () => {
    await servers.setSwitches(phoneAppId, { phone_quota: 0 })
    await (await program.open(signInPage)).tap('signIn')
    await program.top().tapPhone('usePhone')
    expect(program.top().data['problem']).toBe('暂时不能使用微信手机号，请用短信验证码')
  })

  it('who took more than ten minutes taps once more', async () => {
    await (await program.open(signInPage)).tap('signIn')
    const sheet = program.top()
    servers.advance(601_000)
    await sheet.tapPhone('usePhone')
    expect(sheet.data).toEqual({ busy: false, deleted: false, problem: '停留太久了，请再试一次' })
    await sheet.tapPhone('usePhone')
    expect(program.top().data).toMatchObject({ state: 'ready' })
  })

  it('a second device signs in to the same account by SMS, without WeChat', async () => {
    const id = await register()
    await restartAs('chen-mei')
    await (await program.open(signInPage)).tap('useSms')
    const page = program.top()
    await page.type('typePhone', ` ${liHuasNumber} `)
    await page.tap('sendCode')
    expect(page.data).toMatchObject({ sentTo: liHuasNumber, wait: 60, sending: false })
    await page.type('typeOtp', lastOtp())
    await page.tap('submit')
    expect(program.top().data).toMatchObject({ state: 'ready', problem: '' })
    expect(idOf(program.top().data)).toBe(id)
    expect(devicesOf(program.top().data)).toHaveLength(2)
    expect(await servers.exchanges()).toBe(1)
  })

  it('the phone sheet’s SMS links the number to this WeChat', async () => {
    await (await program.open(signInPage)).tap('signIn')
    await program.top().tap('useSms')
    const page = program.top()
    await page.type('typePhone', liHuasNumber)
    await page.tap('sendCode')
    await page.type('typeOtp', lastOtp())
    await page.tap('submit')
    const id = idOf(program.top().data)
    await restartAs(liHua.id)
    await (await program.open(signInPage)).tap('signIn')
    expect(idOf(program.top().data)).toBe(id)
  })

  it('says that the code is wrong, and takes the right one', async () => {
    const page = await askForCode(liHuasNumber)
    await page.type('typeOtp', lastOtp() === '000000' ? '000001' : '000000')
    await page.tap('submit')
    expect(page.data).toMatchObject({ busy: false, problem: '验证码错误' })
    await page.type('typeOtp', lastOtp())
    await page.tap('submit')
    expect(program.top().data).toMatchObject({ state: 'ready' })
  })

  it('says that a number belongs to someone else, and takes one’s own', async () => {
    await register()
    await restartAs(wangFang.id)
    await (await program.open(signInPage)).tap('signIn')
    const page = await askForCode(liHuasNumber)
    await page.type('typeOtp', lastOtp())
    await page.tap('submit')
    expect(page.data['problem']).toBe('这个手机号已属于另一个微信的账户，请换一个手机号')
    const own = await program.open(phonePage)
    await own.tapPhone('usePhone')
    expect(program.top().data).toMatchObject({ me: { phone: '+86 138****8002' } })
  })

  it('counts down before another code can be sent, and stops when the page is closed', async () => {
    const page = await askForCode(liHuasNumber)
    await page.tap('sendCode')
    expect(servers.texts).toHaveLength(1)
    await page.call('tick')
    expect(page.data['wait']).toBe(59)
    const again = await askForCode(liHuasNumber)
    expect(again.data['problem']).toMatch(/^请求太频繁（\d+ 秒后可以再试）$/)
    expect(again.data['wait']).toBeGreaterThan(50)
    for (let i = 0; i < 70; i++) await again.call('tick')
    expect(again.data['wait']).toBe(0)
    await page.call('onUnload')
  })

  it('takes a password, too', async () => {
    const password = 'a lighthouse in the rain'
    const id = await register()
    const { auth } = await import('../miniprogram/auth.js')
    await auth.request({ url: '/v1/me/password', method: 'PUT', data: { password } })
    await restartAs('chen-mei')
    const page = await program.open(smsPage)
    await page.tap('switchWay')
    await page.type('typePhone', liHuasNumber)
    await page.type('typePassword', 'not that one')
    await page.tap('submit')
    expect(page.data['problem']).not.toBe('')
    await page.type('typePassword', password)
    await page.tap('submit')
    expect(idOf(program.top().data)).toBe(id)
  })

  it('asks for what is missing before anything is sent', async () => {
    const page = await program.open(smsPage)
    await page.tap('sendCode')
    expect(page.data['problem']).toBe('请先填写手机号')
    await page.tap('submit')
    expect(page.data['problem']).toBe('请填写手机号和验证码')
    await page.type('typePhone', '12')
    await page.tap('sendCode')
    expect(page.data['problem']).toBe('手机号或验证码的格式不对，请检查后再试')
    expect(servers.texts).toEqual([])
  })
})

describe('picture and nickname', () => {
  beforeEach(() => {
    phone.files.set('wxfile://tmp_avatar.jpg', Uint8Array.from(picture).buffer)
  })

  it('are what the person chose and typed, on every device', async () => {
    await program.open(accountPage)
    const page = await program.open(profilePage)
    expect(page.data).toEqual({ avatarUrl: '', nickname: '', busy: '', problem: '' })
    await page.chooseAvatar('chooseAvatar', 'wxfile://tmp_avatar.jpg')
    expect(page.data['avatarUrl']).toMatch(/^http.*\/v1\/avatars\/\w+\.png$/)
    await page.submit('saveNickname', { nickname: ' 李华 ' })
    expect(page.data).toMatchObject({ nickname: '李华', busy: '', problem: '' })
    expect(program.toasts).toEqual(['已保存'])
    await wx.navigateBack()
    const { avatarUrl } = page.data
    expect(program.top().data).toMatchObject({ me: { nickname: '李华', avatarUrl } })
    expect(await openElsewhere().me.get()).toMatchObject({
      nickname: '李华',
      avatar_url: avatarUrl,
    })
    expect((await program.open(profilePage)).data).toMatchObject({ nickname: '李华', avatarUrl })
  })

  it('that cannot be used are said to be so, and nothing is changed', async () => {
    phone.files.set('http://tmp/page.png', new TextEncoder().encode('<html>').buffer)
    await program.open(accountPage)
    const page = await program.open(profilePage)
    for (const [path, problem] of [
      ['http://tmp/gone.png', '图片已失效，请重新选择'],
      ['http://tmp/page.png', '这不是能用的图片，请换一张'],
    ] as const) {
      await page.chooseAvatar('chooseAvatar', path)
      expect(page.data).toEqual({ avatarUrl: '', nickname: '', busy: '', problem })
    }
    await page.submit('saveNickname', { nickname: '微信用户' })
    expect(page.data['problem']).toBe('昵称要有 1 到 32 个字，而且不能是“微信用户”')
    expect((await openElsewhere().me.get()).nickname).toBeNull()
  })

  it('a name that WeChat took out of the field, or the person, is none', async () => {
    await program.open(accountPage)
    const page = await program.open(profilePage)
    await page.submit('saveNickname', { nickname: '李华' })
    await page.submit('saveNickname', { nickname: '' })
    expect(page.data).toMatchObject({ nickname: '', problem: '' })
    expect((await openElsewhere().me.get()).nickname).toBeNull()
  })

  it('[WX-15] go without a picture when the privacy guide is refused; the rest works', async () => {
    program.privacyAgreed = false
    await program.open(accountPage)
    expect(program.top().data['state']).toBe('ready')
    const page = await program.open(profilePage)
    const tap = page.chooseAvatar('chooseAvatar', 'wxfile://tmp_avatar.jpg')
    await vi.waitFor(() => expect(popupOf(page).data['shown']).toBe(true))
    await popupOf(page).tap('refuse')
    await tap
    expect(page.data['problem']).toBe('你没有同意隐私保护指引，头像没有更换；其他功能不受影响')
    expect(servers.sent.some(({ url }) => url.endsWith('/avatar'))).toBe(false)
    await page.submit('saveNickname', { nickname: '李华' })
    expect(page.data).toMatchObject({ nickname: '李华', problem: '' })
  })

  it('[WX-15] leave nothing hanging when the page is closed under the question', async () => {
    program.privacyAgreed = false
    await program.open(accountPage)
    const page = await program.open(profilePage)
    const tap = page.chooseAvatar('chooseAvatar', 'wxfile://tmp_avatar.jpg')
    await vi.waitFor(() => expect(popupOf(page).data['shown']).toBe(true))
    await wx.navigateBack()
    await tap
    expect(program.privacyAgreed).toBe(false)
  })

  it('are gone when the person withdrew them in WeChat, and so is the number', async () => {
    await program.open(accountPage)
    const page = await program.open(profilePage)
    await page.chooseAvatar('chooseAvatar', 'wxfile://tmp_avatar.jpg')
    await page.submit('saveNickname', { nickname: '李华' })
    await bindPhone(liHuasNumber)
    const shown = await program.open(accountPage)
    expect(shown.data).toMatchObject({ me: { nickname: '李华', phone: '+86 138****8001' } })
    await servers.push(liHua.id, 'user_authorization_revoke', '6')
    await servers.push(liHua.id, 'user_authorization_revoke', '8')
    await shown.tap('onPullDownRefresh')
    expect(shown.data).toMatchObject({
      state: 'ready',
      me: { nickname: '未填写', avatarUrl: '', phone: '未绑定' },
    })
    expect((await program.open(profilePage)).data).toMatchObject({ avatarUrl: '', nickname: '' })
  })
})

describe('phone and password of the account', () => {
  it('a number is bound by a code, and shown', async () => {
    const page = await program.open(accountPage)
    await bindPhone(liHuasNumber)
    expect(program.toasts).toEqual(['已绑定'])
    expect(program.top()).toBe(page)
    expect(page.data).toMatchObject({ me: { phone: '+86 138****8001' } })
  })

  it('a number that belongs to someone else stays theirs, and nothing is changed', async () => {
    const other = openElsewhere(wangFang.id)
    await other.me.sendOtpForPhone(liHuasNumber)
    await other.me.changePhone({ phone: liHuasNumber, otp: lastOtp() })
    servers.advance(61_000)
    await program.open(accountPage)
    await bindPhone(liHuasNumber)
    expect(program.top().data['problem']).toBe('这个手机号已属于另一个账户，没有做任何更改')
    expect((await program.open(accountPage)).data).toMatchObject({ me: { phone: '未绑定' } })
    expect((await other.me.get()).phone).toBe('+86 138****8001')
  })

  it('a wrong code is said to be wrong, and what is missing asked for', async () => {
    await program.open(accountPage)
    const page = await program.open(changePhonePage)
    await page.tap('sendCode')
    expect(page.data['problem']).toBe('请先填写手机号')
    await page.tap('submit')
    expect(page.data['problem']).toBe('请填写手机号和验证码')
    await page.type('typePhone', liHuasNumber)
    await page.tap('sendCode')
    expect(page.data).toMatchObject({ sentTo: liHuasNumber, wait: 60 })
    await page.type('typeOtp', lastOtp() === '000000' ? '000001' : '000000')
    await page.tap('submit')
    expect(page.data).toMatchObject({ busy: false, problem: '验证码错误' })
    const again = await program.open(changePhonePage)
    await again.type('typePhone', liHuasNumber)
    await again.tap('sendCode')
    expect(again.data['wait']).toBeGreaterThan(0)
    for (let i = 0; i < 70; i++) await again.call('tick')
    expect(again.data['wait']).toBe(0)
    await page.call('onUnload')
  })

  it('a password is set, changed by the current one, and a wrong one is said to be wrong', async () => {
    await program.open(accountPage)
    await bindPhone(liHuasNumber)
    const set = async (current: string, password: string) => {
      const page = await program.open(passwordPage)
      await page.type('typeCurrent', current)
      await page.type('typePassword', password)
      await page.tap('submit')
      return page.data['problem']
    }
    expect(await set('', '')).toBe('请填写新密码')
    expect(await set('', '12345678')).toMatch(/密码/)
    expect(await set('', 'a lighthouse in the rain')).toBe('')
    expect(await set('', 'two lighthouses in the rain')).toBe('请填写现在的密码')
    expect(await set('not that one', 'two lighthouses in the rain')).toBe('现在的密码不对')
    expect(await set('a lighthouse in the rain', 'two lighthouses in the rain')).toBe('')
    const password = 'two lighthouses in the rain'
    const elsewhere = openElsewhere('chen-mei').client
    await elsewhere.signInWithPassword({ phone: liHuasNumber, password })
    expect(elsewhere.user?.id).toBe((await openElsewhere().me.get()).id)
  })
})

describe('the settings', () => {
  it('go with the person to the other device', async () => {
    const page = await program.open(accountPage)
    expect(page.data['settings']).toEqual({ dark: false, notify: true })
    await page.turn('changeSetting', true, { name: 'dark' })
    expect(page.data).toMatchObject({ settings: { dark: true, notify: true }, problem: '' })
    program.close()
    program = await startMiniProgram(borrowPhone())
    const there = await program.open(accountPage)
    expect(there.data['settings']).toEqual({ dark: true, notify: true })
  })

  it('of two devices at the same moment are both kept', async () => {
    const page = await program.open(accountPage)
    const there = openElsewhere().me.preferences
    const { send } = phone
    let raced = false
    phone.send = async (sent) => {
      if (sent.method === 'PUT' && !raced) {
        raced = true
        await there.update((value) => ({ ...value, notify: false }))
      }
      return send(sent)
    }
    await page.turn('changeSetting', true, { name: 'dark' })
    expect(raced).toBe(true)
    expect(page.data).toMatchObject({ settings: { dark: true, notify: false }, problem: '' })
    expect((await there.get()).value).toEqual({ dark: true, notify: false })
  })

  it('go back to where they were when they could not be saved', async () => {
    const page = await program.open(accountPage)
    phone.send = () => Promise.reject(new WxFailure('request:fail', 600001))
    await page.turn('changeSetting', true, { name: 'dark' })
    expect(page.data).toMatchObject({
      state: 'ready',
      settings: { dark: false },
      problem: '网络不通，请稍后重试',
    })
  })
})

describe('what is held on the person', () => {
  it('goes to the clipboard, after a warning, with a sign-in of the last minutes', async () => {
    const page = await program.open(accountPage)
    servers.advance(11 * 60_000)
    await page.tap('exportData')
    expect(program.questions).toEqual(['导出我的数据 内容里有完整的手机号和微信标识，请妥善保管。'])
    expect(JSON.parse(program.clipboard)).toMatchObject({ user: { id: idOf(page.data) } })
    expect(page.data).toMatchObject({ state: 'ready', busy: '', problem: '' })
    expect(await servers.exchanges()).toBe(2)
  })

  it('stays where it is when the person thinks better of it', async () => {
    const page = await program.open(accountPage)
    program.agree = false
    await page.tap('exportData')
    expect(program.clipboard).toBe('')
  })

  it('is no longer open to the other devices once they were signed out together', async () => {
    await signInElsewhere('Mate 60')
    const page = await program.open(accountPage)
    await page.tap('removeOthers')
    expect(devicesOf(page.data)).toMatchObject([{ current: true }])
  })
})

describe('deleting the account', () => {
  /** Whose account was just deleted; the sign-in page is open. */
  async function leave(): Promise<string> {
    const id = idOf((await program.open(accountPage)).data)
    await (await program.open(leavePage)).tap('leave')
    return id
  }

  it('is asked about first, and says until when it can be taken back', async () => {
    await program.open(accountPage)
    const page = await program.open(leavePage)
    program.agree = false
    await page.tap('leave')
    expect(page.data).toEqual({ busy: false, problem: '' })
    expect((await program.open(accountPage)).data['state']).toBe('ready')
    program.agree = true
    await page.tap('leave')
    expect(program.questions.at(-1)).toMatch(
      /^账号已注销 \d{4}-\d\d-\d\d \d\d:\d\d 之前重新登录，可以撤销。$/,
    )
    expect(program.pages.map(({ route }) => route)).toEqual(['pages/sign-in/sign-in'])
    expect(program.top().data).toMatchObject({ user: null, deleted: false })
    expect(JSON.stringify([...phone.storage])).not.toContain('Token":')
  })

  it('refuses the next sign-in, and is taken back by a tap: the same account', async () => {
    const id = await leave()
    const page = program.top()
    await page.tap('signIn')
    expect(page.data).toEqual({ user: null, busy: false, deleted: true, problem: '' })
    await page.tap('restore')
    expect(program.top().data).toMatchObject({ state: 'ready' })
    expect(idOf(program.top().data)).toBe(id)
  })

  it('signs the other device out, which is led to what can be done', async () => {
    await signInElsewhere('Mate 60')
    const page = await program.open(accountPage)
    await openElsewhere().me.delete()
    await page.tap('load')
    const top = program.top()
    expect(top.route).toBe('pages/sign-in/sign-in')
    expect(top.data).toMatchObject({ user: null, deleted: true })
    await top.tap('restore')
    expect(program.top().data).toMatchObject({ state: 'ready' })
  })

  it('is for good when the time is over: a new account, with nothing of the old one', async () => {
    await program.open(accountPage)
    await (await program.open(profilePage)).submit('saveNickname', { nickname: '李华' })
    const id = await leave()
    servers.advance(8 * dayMs)
    await servers.auth.tidy()
    const page = program.top()
    await page.tap('signIn')
    expect(page.data['deleted']).toBe(false)
    expect(program.top().data).toMatchObject({ state: 'ready', me: { nickname: '未填写' } })
    expect(idOf(program.top().data)).not.toBe(id)
  })

  it('says why it could not be done, and nothing is deleted', async () => {
    const id = idOf((await program.open(accountPage)).data)
    const page = await program.open(leavePage)
    const { send } = phone
    phone.send = () => Promise.reject(new WxFailure('request:fail', 600001))
    await page.tap('leave')
    expect(page.data).toEqual({ busy: false, problem: '网络不通，请稍后重试' })
    phone.send = send
    expect(idOf((await program.open(accountPage)).data)).toBe(id)
  })

  it('asks who signed in by SMS to do so again, after ten minutes', async () => {
    const client = await import('../miniprogram/auth.js')
    await client.auth.sendOtp(liHuasNumber)
    await client.auth.signInWithOtp({ phone: liHuasNumber, otp: lastOtp() })
    servers.advance(11 * 60_000)
    const page = await program.open(leavePage)
    await page.tap('leave')
    expect(page.data['problem']).toBe('为了安全，请退出后重新登录，再试一次')
    expect(await servers.exchanges()).toBe(0)
  })
})

describe('the page that a code on a computer opens', () => {
  it('says which site asks, on what browser and from where, and warns, before anything can be tapped', async () => {
    const screen = await openScreen(servers)
    expect(await screen.status()).toBe('waiting')
    const page = await program.open(screen.url)
    expect(page.data).toMatchObject({
      state: 'asking',
      asker: {
        site: new URL(servers.url).host,
        device: expect.stringContaining('Chrome') as string,
        // Nobody says where this machine is.
        place: '未知',
      },
    })
    expect(await screen.status()).toBe('claimed')
    // Signed in silently for it.
    expect(await servers.exchanges()).toBe(1)
  })

  it('lets the computer in when the person says so', async () => {
    const screen = await openScreen(servers)
    const page = await program.open(screen.url)
    await page.tap('approve')
    expect(page.data).toMatchObject({ state: 'let_in', busy: '' })
    expect(await screen.status()).toBe('signed_in')
    const devices = devicesOf((await program.open(accountPage)).data)
    expect(devices).toHaveLength(2)
  })

  it('lets nobody in when the person refuses', async () => {
    const screen = await openScreen(servers)
    const page = await program.open(screen.url)
    await page.tap('reject')
    expect(page.data).toMatchObject({ state: 'refused' })
    expect(await screen.status()).toBe('rejected')
  })

  it('takes one decision of an impatient double tap', async () => {
    const screen = await openScreen(servers)
    const page = await program.open(screen.url)
    await Promise.all([page.tap('reject'), page.tap('approve')])
    expect(page.data).toMatchObject({ state: 'refused' })
    expect(await screen.status()).toBe('rejected')
  })

  it('signs in anew, unnoticed, where the last time was long ago', async () => {
    await program.open(accountPage)
    servers.advance(11 * 60_000)
    const screen = await openScreen(servers)
    const page = await program.open(screen.url)
    expect(await servers.exchanges()).toBe(1)
    await page.tap('approve')
    expect(page.data).toMatchObject({ state: 'let_in' })
    expect(await screen.status()).toBe('signed_in')
    expect(await servers.exchanges()).toBe(2)
  })

  it('has whoever signed in by SMS long ago do so again: this WeChat may be somebody else’s', async () => {
    const client = await import('../miniprogram/auth.js')
    await client.auth.sendOtp(liHuasNumber)
    await client.auth.signInWithOtp({ phone: liHuasNumber, otp: lastOtp() })
    servers.advance(11 * 60_000)
    const screen = await openScreen(servers)
    const page = await program.open(screen.url)
    await page.tap('approve')
    const problem = '为了安全，请退出后重新登录，再试一次'
    expect(page.data).toMatchObject({ state: 'problem', problem, retryable: false })
    expect(await screen.status()).toBe('claimed')
    expect(await servers.exchanges()).toBe(0)
  })

  it('says that the code has expired, whenever that is found', async () => {
    const [early, late] = [await openScreen(servers), await openScreen(servers)]
    const open = await program.open(early.url)
    servers.advance(121_000)
    await open.tap('approve')
    const opened = await program.open(late.url)
    for (const { data } of [open, opened])
      expect(data).toMatchObject({
        state: 'problem',
        problem: '二维码已过期',
        detail: expect.stringContaining('在电脑上换一个新的') as string,
        retryable: false,
        busy: '',
      })
  })

  it('says that somebody else was faster', async () => {
    const screen = await openScreen(servers)
    await program.open(screen.url)
    program.close()
    program = await startMiniProgram(borrowPhone(wangFang.id))
    const page = await program.open(screen.url)
    expect(page.data).toMatchObject({ state: 'problem', problem: '二维码已被别人扫过' })
    expect(page.data).toMatchObject({ retryable: false })
    await page.tap('leave')
    expect(program.top().route).toBe('pages/sign-in/sign-in')
  })

  it('says that it was decided already', async () => {
    const screen = await openScreen(servers)
    const [one, other] = [await program.open(screen.url), await program.open(screen.url)]
    await one.tap('reject')
    await other.tap('approve')
    expect(other.data).toMatchObject({ state: 'problem', problem: '这次登录已经处理过' })
    expect(await screen.status()).toBe('rejected')
  })

  it('says that a code of nobody’s is none', async () => {
    const page = await program.open(`/pages/confirm/confirm?scene=${'x'.repeat(32)}`)
    expect(page.data).toMatchObject({ state: 'problem', problem: '二维码无效', retryable: false })
    const bare = await program.open('/pages/confirm/confirm')
    expect(bare.data).toMatchObject({ state: 'problem', problem: '没有要确认的登录' })
  })

  it('says that the network is away, and goes on when it is back', async () => {
    const screen = await openScreen(servers)
    const { send } = phone
    phone.send = () => Promise.reject(new WxFailure('request:fail', 600001))
    const page = await program.open(screen.url)
    expect(page.data).toMatchObject({ problem: '网络不通，请稍后重试', retryable: true })
    phone.send = send
    await page.tap('claim')
    expect(page.data).toMatchObject({ state: 'asking' })
    phone.send = () => Promise.reject(new WxFailure('request:fail', 600001))
    await page.tap('approve')
    expect(page.data).toMatchObject({ problem: '网络不通，请稍后重试', retryable: true, busy: '' })
    phone.send = send
    await page.tap('claim')
    await page.tap('approve')
    expect(await screen.status()).toBe('signed_in')
  })

  it('has whoever signed out on the phone sign in first', async () => {
    const account = await program.open(accountPage)
    await account.tap('signOut')
    const screen = await openScreen(servers)
    const page = await program.open(screen.url)
    expect(page.data).toMatchObject({ state: 'signed_out' })
    expect(await screen.status()).toBe('waiting')
    await page.tap('signIn')
    expect(page.data).toMatchObject({ state: 'asking' })
    await page.tap('approve')
    expect(await screen.status()).toBe('signed_in')
  })

  it('has whoever needs a phone prove it first, and comes back to the question', async () => {
    await servers.close()
    servers = await startServers({ scansBy: phoneAppId })
    program.close()
    phone = borrowPhone(liHua.id, { appId: phoneAppId })
    program = await startMiniProgram(phone)
    const screen = await openScreen(servers)
    const page = await program.open(screen.url)
    expect(page.data).toMatchObject({ state: 'phone_required' })
    await page.tap('provePhone')
    await program.top().tap('useSms')
    const sms = program.top()
    await sms.type('typePhone', liHuasNumber)
    await sms.tap('sendCode')
    await sms.type('typeOtp', lastOtp())
    await sms.tap('submit')
    expect(program.pages).toHaveLength(1)
    expect(program.top().data).toMatchObject({ state: 'asking' })
    await program.top().tap('approve')
    expect(await screen.status()).toBe('signed_in')
  })
})

/** Opens the page for it, as the row of the account does. */
async function bindPhone(number: string): Promise<void> {
  const page = await program.open(changePhonePage)
  await page.type('typePhone', number)
  await page.tap('sendCode')
  await page.type('typeOtp', lastOtp())
  await page.tap('submit')
}

function popupOf({ components, route }: OpenPage) {
  const popup = components['privacy-popup']
  if (!popup) throw new Error(`${route} has no privacy popup`)
  return popup
}

/** The same person signs in on a second phone. */
async function signInElsewhere(model: string): Promise<void> {
  program.close()
  const other = await startMiniProgram({ ...borrowPhone(), model })
  await other.open(accountPage)
  other.close()
  program = await startMiniProgram(phone)
}

/** Of the user, who may sign in again. */
async function endSessions(auth: Auth, userId: string): Promise<void> {
  await auth.users.disable(userId)
  await auth.users.enable(userId)
}

const idOf = (data: Record<string, unknown>) => (data['me'] as { id: string }).id

function devicesOf(data: Record<string, unknown>) {
  return data['devices'] as Array<{ id: string; name: string; current: boolean }>
}
