import { AuthError } from '@kaimen/client'
import { auth } from '../../auth.js'
import { countDown, tick } from '../../count-down.js'
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
    /** The account of this number was deleted by its owner: the next sign-in takes it back. */
    deleted: false,
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
    this.setData({ phone: detail.value.trim(), deleted: false })
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
      countDown(this, retryAfterSeconds)
    } catch (error) {
      this.setData({
        problem: explain(error, { body_invalid: '手机号或验证码的格式不对，请检查后再试' }),
      })
      if (error instanceof AuthError && error.code === 'rate_limited')
        countDown(this, error.retryAfterSeconds ?? 0)
    } finally {
      this.setData({ sending: false })
    }
  },

  tick() {
    tick(this)
  },

  async submit() {
    const { phone, otp, password, byPassword } = this.data
    if (!phone || !(byPassword ? password : otp)) {
      this.setData({ problem: byPassword ? '请填写手机号和密码' : '请填写手机号和验证码' })
      return
    }
    await signInFor(this, (restore) =>
      byPassword
        ? auth.signInWithPassword({ phone, password, restore })
        : auth.signInWithOtp({ phone, otp, restore }),
    )
  },
})
