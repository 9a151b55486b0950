import { seedWorld } from '@kaimen/emulator'
import type { Auth } from '@kaimen/server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
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
function borrowPhone(person = liHua.id) {
  const borrowed = servers.phone({ person })
  const { send } = borrowed
  borrowed.send = (sent) => send({ ...sent, url: sent.url.replace(baseUrl, servers.url) })
  return borrowed
}

describe('the sign-in page', () => {
  it('shows its content without a login', async () => {
    const page = await program.open(signInPage)
    expect(page.data).toEqual({ user: null, busy: false, problem: '' })
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
    expect(page.data).toMatchObject({ state: 'problem', problem: '等待超时，请稍后重试' })
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
