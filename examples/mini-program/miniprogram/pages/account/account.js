import { AuthError } from '@kaimen/client'
import { call } from '../../api.js'
import { auth } from '../../auth.js'
import { explain } from '../../explain.js'

/**
 * What this page shows of Kaimen's replies.
 *
 * @typedef {{ id: string; nickname: string | null; phone: string | null; created_at: string }} User
 *
 *
 * @typedef {{
 *   id: string
 *   device: { model?: string; system?: string; name?: string } | null
 *   last_seen_at: string
 *   current: boolean
 * }} Session
 */

Page({
  data: {
    /** @type {'loading' | 'ready' | 'signed_out' | 'phone_required' | 'problem'} */
    state: 'loading',
    me: { id: '', nickname: '', phone: '', createdAt: '' },
    /** @type {{ id: string; name: string; lastSeen: string; current: boolean }[]} */
    devices: [],
    /** The id of the session that is being ended, or '' when nothing is under way. */
    busy: '',
    problem: '',
  },

  async onLoad() {
    this.stopListening = auth.onChange((user) => {
      if (!user) this.setData({ state: 'signed_out' })
    })
    await this.load()
  },

  onUnload() {
    this.stopListening()
  },

  stopListening() {},

  async onPullDownRefresh() {
    await this.load()
    await wx.stopPullDownRefresh()
  },

  /** The first request signs in by itself, if nobody is. */
  async load() {
    this.setData({ problem: '', state: this.data.state === 'ready' ? 'ready' : 'loading' })
    try {
      /** @type {[User, { sessions: Session[] }]} */
      const [user, { sessions }] = await Promise.all([call('/v1/me'), call('/v1/me/sessions')])
      this.setData({
        state: 'ready',
        me: {
          id: user.id,
          nickname: user.nickname ?? '未填写',
          phone: user.phone ?? '未绑定',
          createdAt: formatTime(user.created_at),
        },
        devices: sessions.map(({ id, device, last_seen_at, current }) => ({
          id,
          name: device?.name ?? device?.model ?? '未知设备',
          lastSeen: formatTime(last_seen_at),
          current,
        })),
      })
    } catch (error) {
      this.fail(error)
    }
  },

  async signIn() {
    this.setData({ state: 'loading' })
    try {
      await auth.login()
    } catch (error) {
      this.fail(error)
      return
    }
    await this.load()
  },

  async provePhone() {
    await wx.navigateTo({ url: '/pages/phone/phone' })
  },

  async signOut() {
    if (!(await confirm('退出登录', '退出后，这台手机需要重新登录。'))) return
    await auth.logout()
    await wx.showToast({ title: '已退出登录', icon: 'success' })
  },

  /** @param {WechatMiniprogram.TouchEvent<{}, {}, { id: string; name: string }>} event */
  async removeDevice({ currentTarget }) {
    const { id, name } = currentTarget.dataset
    if (!(await confirm('退出这台设备', `“${name}”需要重新登录才能使用。`))) return
    this.setData({ busy: id, problem: '' })
    try {
      await call(`/v1/me/sessions/${id}`, { method: 'DELETE' })
      await this.load()
    } catch (error) {
      this.fail(error)
    } finally {
      this.setData({ busy: '' })
    }
  },

  /**
   * What is on the screen stays there; without anything on it, the page says what is wrong.
   *
   * @param {unknown} error
   */
  fail(error) {
    const code = error instanceof AuthError ? error.code : ''
    if (code === 'signed_out' || code === 'phone_required') this.setData({ state: code })
    else if (this.data.state === 'ready') this.setData({ problem: explain(error) })
    else this.setData({ state: 'problem', problem: explain(error) })
  },
})

/**
 * @param {string} title
 * @param {string} content
 */
async function confirm(title, content) {
  const { confirm: agreed } = await wx.showModal({ title, content, confirmColor: '#c6362c' })
  return agreed
}

/**
 * @param {string} instant RFC 3339.
 * @returns {string} Such as `2026-01-15 08:00`, in the phone's time.
 */
function formatTime(instant) {
  const time = new Date(instant)
  const [month, day, hour, minute] = [
    time.getMonth() + 1,
    time.getDate(),
    time.getHours(),
    time.getMinutes(),
  ].map((part) => String(part).padStart(2, '0'))
  return `${time.getFullYear()}-${month}-${day} ${hour}:${minute}`
}
