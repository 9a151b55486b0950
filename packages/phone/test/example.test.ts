import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { press, expectText, see, tap, type, waitFor } from './support/hand.ts'
import { openExample, type ExamplePhone } from './support/open-example.ts'
import { phoneAppId } from '../../client/test/support/real-servers.ts'

let example: ExamplePhone
afterEach(async () => {
  const { problems } = example
  await example.close()
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
})

const expectPage = (route: string) =>
  waitFor(() => expect(example.phone.pages().at(-1)?.route).toBe(route))

const lastOtp = () => example.servers.texts.at(-1)?.otp ?? ''

describe('the example mini program, by taps', () => {
  beforeEach(async () => {
    example = await openExample()
  })

  async function signIn() {
    await tap('#sign-in')
    await expectText('#user-id', /./)
  }

  it('shows its first page without a login', async () => {
    await expectText('.title', '开门')
    expect(see('.kp-bar strong').textContent).toBe('登录')
    expect(await example.servers.exchanges()).toBe(0)
  })

  it('signs in by one tap, out, and in again', async () => {
    await signIn()
    await expectPage('pages/account/account')
    expect(await example.servers.exchanges()).toBe(1)
    await tap('#sign-out')
    await press('确定')
    await expectText('#signed-out', '尚未登录')
    await tap('#sign-in')
    await expectText('#user-id', /./)
  })

  it('takes a picture and a name, once the person has agreed to the privacy guide', async () => {
    await signIn()
    await tap('#open-profile')
    await tap('#choose-avatar')
    await tap('#refuse-privacy')
    await expectText('#problem', '你没有同意隐私保护指引')
    await tap('#choose-avatar')
    await tap('#agree-privacy')
    await press('用微信头像（李华）')
    await waitFor(() => see('#avatar img'))
    await type('wx-input#nickname', '小华')
    await tap('#save')
    await waitFor(() => expect(see('.kp-toast').textContent).toContain('已保存'))
    expect(example.phone.back()).toBe(true)
    await expectText('#nickname', '小华')
    expect(see('#avatar img').getAttribute('src')).toContain(example.servers.url)
  })

  it('keeps settings, binds a number by SMS and sets a password', async () => {
    await signIn()
    await tap('#dark')
    await waitFor(() => expect(see('wx-page > .page').className).toContain('dark'))
    await tap('#open-phone')
    await expectPage('pages/change-phone/change-phone')
    await type('#phone', '13800138009')
    await tap('#send-code')
    await expectText('#sent', '13800138009')
    await type('#otp', lastOtp())
    await tap('#submit')
    await expectPage('pages/account/account')
    await expectText('#phone', '138****8009')
    await tap('#open-password')
    await expectPage('pages/password/password')
    await type('#password', 'correct horse battery')
    await tap('#submit')
    await expectPage('pages/account/account')
  })

  it('exports what is held, to the clipboard', async () => {
    await signIn()
    await tap('#export')
    await press('确定')
    // WeChat asks by itself where the page does not.
    await press('同意')
    await waitFor(() => expect(see('.kp-toast').textContent).toContain('内容已复制'))
    const { data } = (await example.phone.wx.getClipboardData?.({})) ?? {}
    expect(JSON.parse(data ?? '')).toHaveProperty('user')
  })

  it('signs in with a number and the code of an SMS', async () => {
    await tap('#use-sms')
    await type('#phone', '13800138007')
    await tap('#send-code')
    await expectText('#sent', '13800138007')
    await type('#otp', lastOtp())
    await tap('#submit')
    await expectPage('pages/account/account')
  })

  it('deletes the account, and takes that back', async () => {
    await signIn()
    await tap('#open-leave')
    await tap('#leave')
    await press('确定')
    await press('确定')
    await expectPage('pages/sign-in/sign-in')
    await tap('#sign-in')
    await expectText('#deleted', '你的账号已注销')
    await tap('#restore')
    await expectText('#user-id', /./)
  })

  it('says that the network is away, and goes on when it is back', async () => {
    example.phone.setOnline(false)
    await tap('#sign-in')
    await expectText('#problem', '网络不通')
    example.phone.setOnline(true)
    await tap('#sign-in')
    await expectText('#user-id', /./)
  })

  it('confirms on the phone what a computer asks for', async () => {
    example.phone.enter(`/pages/confirm/confirm?scene=${'x'.repeat(32)}`, 1047)
    await expectText('#problem', '二维码无效')
    await tap('#leave')
    await expectPage('pages/sign-in/sign-in')
  })
})

describe('where the app wants a phone', () => {
  it('the button asks for consent, then for the number, and signs in', async () => {
    example = await openExample({ appid: phoneAppId })
    await tap('#sign-in')
    await expectPage('pages/phone/phone')
    await tap('#use-phone')
    await tap('#agree-privacy')
    expect((await waitFor(() => see('.kp-ask-subject'))).textContent).toContain('+86 138****8001')
    await press('不允许')
    await expectText('#problem', '没有取得手机号')
    await tap('#use-phone')
    await press('允许')
    await expectPage('pages/account/account')
    await expectText('#phone', '+86 138****8001')
  })

  it('who refuses the privacy guide is told of SMS', async () => {
    example = await openExample({ appid: phoneAppId })
    await tap('#sign-in')
    await tap('#use-phone')
    await tap('#read-privacy')
    await waitFor(() => see('.kp-reader'))
    see('.kp-reader .kp-back').click()
    await tap('#refuse-privacy')
    await expectText('#problem', '可以用短信验证码')
    await tap('#use-sms')
    await expectPage('pages/sms/sms')
  })
})
