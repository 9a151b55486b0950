import { AuthError } from '@kaimen/client'
import { auth } from '../../auth.js'
import { explain } from '../../explain.js'
import { signInFor } from '../../sign-in-for.js'

/** Signs in with a number and the code of an SMS, or a password. With or without WeChat’s login. */
Page({
  data: {
    phone: '',
    otp: '',
    password: '',
    byPassword: false,
    busy: false,
    sending: false,
    /** A code has been sent to this number, or ''. */
    sentTo: '',
    /** Seconds before another code can be sent. */
    wait: 0,
    problem: '',
  },

  timer: 0,

  onUnload() {
    clearInterval(this.timer)
  },

  /** @param {WechatMiniprogram.Input} event */
  typePhone({ detail }) {
    this.setData({ phone: detail.value.trim() })
  },

  /** @param {WechatMiniprogram.Input} event */
  typeOtp({ detail }) {
    this.setData({ otp: detail.value.trim() })
  },

  /** @param {WechatMiniprogram.Input} event */
  typePassword({ detail }) {
    this.setData({ password: detail.value })
  },

  switchWay() {
    this.setData({ byPassword: !this.data.byPassword, problem: '' })
  },

  async sendCode() {
    const { phone, sending, wait } = this.data
    if (sending || wait > 0) return
    if (!phone) {
      this.setData({ problem: '请先填写手机号' })
      return
    }
    this.setData({ sending: true, problem: '' })
    try {
      const { retryAfterSeconds } = await auth.sendOtp(phone)
      this.setData({ sentTo: phone })
      this.countDown(retryAfterSeconds)
    } catch (error) {
      this.setData({ problem: explain(error) })
      if (error instanceof AuthError && error.code === 'rate_limited')
        this.countDown(error.retryAfterSeconds ?? 0)
    } finally {
      this.setData({ sending: false })
    }
  },

  /** @param {number} seconds */
  countDown(seconds) {
    clearInterval(this.timer)
    this.setData({ wait: seconds })
    this.timer = setInterval(() => this.tick(), 1000)
  },

  tick() {
    const wait = Math.max(0, this.data.wait - 1)
    this.setData({ wait })
    if (wait === 0) clearInterval(this.timer)
  },

  async submit() {
    const { phone, otp, password, byPassword } = this.data
    if (!phone || !(byPassword ? password : otp)) {
      this.setData({ problem: byPassword ? '请填写手机号和密码' : '请填写手机号和验证码' })
      return
    }
    await signInFor(this, () =>
      byPassword
        ? auth.signInWithPassword({ phone, password })
        : auth.signInWithOtp({ phone, otp }),
    )
  },
})
