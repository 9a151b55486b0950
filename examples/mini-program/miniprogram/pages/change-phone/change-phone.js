import { AuthError } from '@kaimen/client'
import { countDown, tick } from '../../count-down.js'
import { explain } from '../../explain.js'
import { me } from '../../me.js'

/** Binds a number to the account, or another in its place, by a code that is sent to it. */
Page({
  data: {
    phone: '',
    otp: '',
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

  async sendCode() {
    const { phone, sending, wait } = this.data
    if (sending || wait > 0) return
    if (!phone) {
      this.setData({ problem: '请先填写手机号' })
      return
    }
    this.setData({ sending: true, problem: '' })
    try {
      const { retryAfterSeconds } = await me.sendOtpForPhone(phone)
      this.setData({ sentTo: phone })
      countDown(this, retryAfterSeconds)
    } catch (error) {
      this.fail(error)
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
    const { phone, otp, busy } = this.data
    if (busy) return
    if (!phone || !otp) {
      this.setData({ problem: '请填写手机号和验证码' })
      return
    }
    this.setData({ busy: true, problem: '' })
    try {
      await me.changePhone({ phone, otp })
      await wx.showToast({ title: '已绑定', icon: 'success' })
      await wx.navigateBack()
    } catch (error) {
      this.fail(error)
    } finally {
      this.setData({ busy: false })
    }
  },

  /** @param {unknown} error */
  fail(error) {
    const problem = explain(error, {
      body_invalid: '手机号或验证码的格式不对，请检查后再试',
      phone_taken: '这个手机号已属于另一个账户，没有做任何更改',
    })
    this.setData({ problem })
  },
})
