import { seedWorld } from '@kaimen/emulator'
import type { Auth } from '@kaimen/server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  phoneAppId,
  startServers,
  type RealServers,
} from '../../../packages/client/test/support/real-servers.ts'
import { WxFailure, type Phone } from '../../../packages/client/test/support/typed-wx.ts'
import { baseUrl } from '../miniprogram/config.js'
import { startMiniProgram, type MiniProgram } from './support/mini-program.ts'

const [liHua, wangFang] = seedWorld.people
/** The pages as they are, the SDK's source, the real server and the real emulator. */
let servers: RealServers
let phone: { -readonly [K in keyof Phone]: Phone[K] }
let program: MiniProgram

const signInPage = '/pages/sign-in/sign-in'
const accountPage = '/pages/account/account'
const phonePage = '/pages/phone/phone'
const smsPage = '/pages/sms/sms'

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
  const liHuasNumber = '13800138001'

  /** Another start of the mini program that wants a phone, on another phone. */
  async function restartAs(person: string) {
    program.close()
    phone = borrowPhone(person, { appId: phoneAppId })
    program = await startMiniProgram(phone)
  }
  beforeEach(() => restartAs(liHua.id))

  const lastOtp = () => servers.texts.at(-1)?.otp ?? ''

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
