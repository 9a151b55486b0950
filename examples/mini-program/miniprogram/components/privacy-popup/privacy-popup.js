/**
 * @typedef {(answer: {
 *   event: 'agree' | 'disagree' | 'exposureAuthorization'
 *   buttonId?: string
 * }) => void} Resolve
 */

/**
 * What waits for the person's answer. WeChat has one registration for the whole program, the
 * newest, and so there is one list.
 *
 * @type {Resolve[]}
 */
const waiting = []

/**
 * Asks for the consent to the privacy guide when an API first needs it, for the page that has this
 * component. The API goes on, or fails with errno 104, as the person decides here.
 *
 * https://developers.weixin.qq.com/miniprogram/dev/framework/user-privacy/PrivacyAuthorize.html
 */
Component({
  options: { addGlobalClass: true },

  data: { shown: false, contract: '隐私保护指引' },

  lifetimes: {
    attached() {
      this.listen()
    },
    detached() {
      // Nobody is left to ask, and what waits would wait for good.
      if (this.data.shown) this.answer({ event: 'disagree' })
    },
  },

  pageLifetimes: {
    show() {
      this.listen()
    },
  },

  methods: {
    listen() {
      // As WeChat's page has it; the typings give the listener something else.
      const host =
        /** @type {{ onNeedPrivacyAuthorization?(listener: (resolve: Resolve) => void): void }} */ (
          /** @type {unknown} */ (wx)
        )
      // Base libraries before 2.32.3 have neither this nor the check.
      host.onNeedPrivacyAuthorization?.((resolve) => {
        waiting.push(resolve)
        this.setData({ shown: true })
        resolve({ event: 'exposureAuthorization' })
        wx.getPrivacySetting({
          success: ({ privacyContractName }) => this.setData({ contract: privacyContractName }),
        })
      })
    },

    read() {
      wx.openPrivacyContract({})
    },

    /** WeChat itself notes the consent, by the button whose id this is. */
    agree() {
      this.answer({ event: 'agree', buttonId: 'agree-privacy' })
    },

    refuse() {
      this.answer({ event: 'disagree' })
      this.triggerEvent('refuse')
    },

    /** @param {Parameters<Resolve>[0]} answer */
    answer(answer) {
      this.setData({ shown: false })
      for (const resolve of waiting.splice(0)) resolve(answer)
    },
  },
})
