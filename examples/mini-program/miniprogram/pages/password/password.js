import { explain } from '../../explain.js'
import { me } from '../../me.js'

/** Sets the first password, or another in place of the current one. */
Page({
  data: { current: '', password: '', busy: false, problem: '' },

  /** @param {WechatMiniprogram.Input} event */
  typeCurrent({ detail }) {
    this.setData({ current: detail.value })
  },

  /** @param {WechatMiniprogram.Input} event */
  typePassword({ detail }) {
    this.setData({ password: detail.value })
  },

  async submit() {
    const { current, password, busy } = this.data
    if (busy) return
    if (!password) {
      this.setData({ problem: '请填写新密码' })
      return
    }
    this.setData({ busy: true, problem: '' })
    try {
      await me.setPassword({ password, ...(current && { currentPassword: current }) })
      await wx.showToast({ title: '已保存', icon: 'success' })
      await wx.navigateBack()
    } catch (error) {
      const words = { password_wrong: current ? '现在的密码不对' : '请填写现在的密码' }
      this.setData({ problem: explain(error, words) })
    } finally {
      this.setData({ busy: false })
    }
  },
})
