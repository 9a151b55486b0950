import { AuthError, refusalOf } from '@kaimen/client'
import { auth } from '../../auth.js'
import { explain } from '../../explain.js'

/**
 * Opened by the code on a computer's sign-in page: who asks to be let in is on the screen before
 * anything can be tapped.
 */
Page({
  data: {
    /** @type {'loading' | 'asking' | 'signed_out' | 'phone_required' | 'let_in' | 'refused' | 'problem'} */
    state: 'loading',
    asker: { site: '', place: '', device: '' },
    /** What is under way: 'approve', 'reject', or ''. */
    busy: '',
    problem: '',
    /** What more there is to say of the problem. */
    detail: '',
    /** Whether the same may work later. */
    retryable: false,
  },

  /** Of the code; nobody but this page and the server learns it. */
  ticket: '',

  /** @param {{ scene?: string }} query The scene is percent-encoded. */
  onLoad({ scene = '' }) {
    this.ticket = decodeURIComponent(scene)
  },

  /** Also on the way back from the phone sheet. */
  async onShow() {
    if (this.data.state === 'loading' || this.data.state === 'phone_required') await this.claim()
  },

  /** The first request signs in by itself, if nobody is. */
  async claim() {
    if (!this.ticket) {
      const detail = '请用微信“扫一扫”扫描电脑上的小程序码，打开本页。'
      this.setData({ state: 'problem', problem: '没有要确认的登录', detail, retryable: false })
      return
    }
    this.setData({ state: 'loading' })
    try {
      const { site, place, device } = await this.tell('claim')
      const asker = { site, place: place ?? '未知', device: device ?? '未知' }
      this.setData({ state: 'asking', asker })
    } catch (error) {
      this.fail(error)
    }
  },

  async approve() {
    await this.decide('approve', 'let_in')
  },

  async reject() {
    await this.decide('reject', 'refused')
  },

  /**
   * @param {'approve' | 'reject'} decision
   * @param {'let_in' | 'refused'} state
   */
  async decide(decision, state) {
    if (this.data.busy) return
    this.setData({ busy: decision })
    try {
      await this.tell(decision)
      this.setData({ state })
    } catch (error) {
      this.fail(error)
    } finally {
      this.setData({ busy: '' })
    }
  },

  /** @param {'claim' | 'approve' | 'reject'} act */
  async tell(act) {
    const ask = () =>
      auth.request({ url: `/v1/scan/${act}`, method: 'POST', data: { ticket: this.ticket } })
    let reply = await ask()
    // To let somebody in takes a sign-in of the last minutes: the person notices nothing of it.
    if (reply.statusCode === 403 && refusalOf(reply).code === 'reauth_required') {
      if (await auth.reauthenticate()) reply = await ask()
    }
    if (reply.statusCode >= 300) throw refusalOf(reply)
    return /** @type {{ site: string; place: string | null; device: string | null }} */ (reply.data)
  },

  async signIn() {
    this.setData({ state: 'loading' })
    try {
      await auth.login()
    } catch (error) {
      this.fail(error)
      return
    }
    await this.claim()
  },

  async provePhone() {
    await wx.navigateTo({ url: '/pages/phone/phone' })
  },

  async leave() {
    await wx.reLaunch({ url: '/pages/sign-in/sign-in' })
  },

  /** @param {unknown} error */
  fail(error) {
    const { code = '', detail = '', retryable = true } = error instanceof AuthError ? error : {}
    if (code === 'signed_out' || code === 'phone_required') this.setData({ state: code })
    else
      this.setData({
        state: 'problem',
        problem: explain(error),
        // Of a scan the server says to the person what to do.
        detail: code.startsWith('scan_') ? detail : '',
        retryable,
      })
  },
})
