import { explain } from '../../explain.js'
import { me } from '../../me.js'
import { sendCodeFor, tick, wrongFormat } from '../../send-code.js'

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
    await sendCodeFor(this, (phone) => me.sendOtpForPhone(phone))
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
      ...wrongFormat,
      phone_taken: '这个手机号已属于另一个账户，没有做任何更改',
    })
    this.setData({ problem })
  },
})
