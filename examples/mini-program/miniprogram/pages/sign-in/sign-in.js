import { auth } from '../../auth.js'
import { explain } from '../../explain.js'

Page({
  data: {
    /** @type {import('@kaimen/client').SessionUser | null} */
    user: null,
    busy: false,
    problem: '',
  },

  onLoad() {
    this.setData({ user: auth.user })
    this.stopListening = auth.onChange((user) => this.setData({ user }))
  },

  onUnload() {
    this.stopListening()
  },

  stopListening() {},

  async signIn() {
    if (this.data.busy) return
    this.setData({ busy: true, problem: '' })
    try {
      const { status } = await auth.login()
      if (status === 'signed_in') await this.enter()
      else await wx.navigateTo({ url: '/pages/phone/phone' })
    } catch (error) {
      this.setData({ problem: explain(error) })
    } finally {
      this.setData({ busy: false })
    }
  },

  async useSms() {
    await wx.navigateTo({ url: '/pages/sms/sms' })
  },

  async enter() {
    await wx.navigateTo({ url: '/pages/account/account' })
  },
})
