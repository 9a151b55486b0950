import { auth } from '../../auth.js'
import { sendCodeFor, tick } from '../../send-code.js'
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
    await sendCodeFor(this, (phone) => auth.sendOtp(phone))
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
