import { auth } from '../../auth.js'
import { signInFor } from '../../sign-in-for.js'

/** Opened when a login said `phone_required`: from then on the button is all that it takes. */
Page({
  data: { busy: false, deleted: false, problem: '' },

  /** @param {WechatMiniprogram.ButtonGetPhoneNumber} event */
  async usePhone(event) {
    await signInFor(this, (restore) => auth.signInWithPhone(event, { restore }))
  },

  async useSms() {
    await wx.navigateTo({ url: '/pages/sms/sms' })
  },
})
