import { AuthError } from '@kaimen/client'
import { auth } from '../../auth.js'
import { explain } from '../../explain.js'

Page({
  data: {
    /** @type {import('@kaimen/client').SessionUser | null} */
    user: null,
    busy: false,
    /** The account was deleted by its owner, and can be taken back. */
    deleted: false,
    problem: '',
  },

  /** @param {{ deleted?: string }} query */
  onLoad({ deleted }) {
    this.setData({ user: auth.user, deleted: deleted === '1' })
    this.stopListening = auth.onChange((user) => this.setData({ user }))
  },

  onUnload() {
    this.stopListening()
  },

  stopListening() {},

  async signIn() {
    await this.enterBy({})
  },

  async restore() {
    await this.enterBy({ restore: true })
  },

  /** @param {import('@kaimen/client').LoginOptions} options */
  async enterBy(options) {
    if (this.data.busy) return
    this.setData({ busy: true, deleted: false, problem: '' })
    try {
      const { status } = await auth.login(options)
      if (status === 'signed_in') await this.enter()
      else await wx.navigateTo({ url: '/pages/phone/phone' })
    } catch (error) {
      const deleted = error instanceof AuthError && error.code === 'user_deleted'
      this.setData(deleted ? { deleted } : { problem: explain(error) })
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
