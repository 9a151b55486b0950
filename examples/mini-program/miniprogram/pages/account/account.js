import { AuthError } from '@kaimen/client'
import { auth } from '../../auth.js'
import { confirm } from '../../confirm.js'
import { explain } from '../../explain.js'
import { formatTime } from '../../format-time.js'
import { me } from '../../me.js'

Page({
  data: {
    /** @type {'loading' | 'ready' | 'signed_out' | 'phone_required' | 'problem'} */
    state: 'loading',
    me: { id: '', nickname: '', avatarUrl: '', phone: '', createdAt: '' },
    settings: { dark: false, notify: true },
    /** @type {{ id: string; name: string; lastSeen: string; current: boolean }[]} */
    devices: [],
    /** What is under way: the id of the session that is being ended, 'others', 'export', or ''. */
    busy: '',
    problem: '',
  },

  onLoad() {
    this.stopListening = auth.onChange((user) => {
      if (!user) this.setData({ state: 'signed_out' })
    })
  },

  /** Also on the way back from a page that changed something. */
  async onShow() {
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
      const [user, devices, { value }] = await Promise.all([
        me.get(),
        me.devices(),
        me.preferences.get(),
      ])
      this.setData({
        state: 'ready',
        me: {
          id: user.id,
          nickname: user.nickname ?? '未填写',
          avatarUrl: user.avatar_url ?? '',
          phone: user.phone ?? '未绑定',
          createdAt: formatTime(user.created_at),
        },
        settings: readSettings(value),
        devices: devices.map(({ id, device, last_seen_at, current }) => ({
          id,
          name: device?.name ?? device?.model ?? '未知设备',
          lastSeen: formatTime(last_seen_at),
          current,
        })),
      })
    } catch (error) {
      await this.fail(error)
    }
  },

  async signIn() {
    this.setData({ state: 'loading' })
    try {
      await auth.login()
    } catch (error) {
      await this.fail(error)
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

  /**
   * The setting goes with the person to their other devices; what those changed meanwhile stays.
   *
   * @param {WechatMiniprogram.SwitchChange<{}, {}> & {
   *   currentTarget: { dataset: { name: string } }
   * }} event
   */
  async changeSetting({ currentTarget, detail }) {
    const { name } = currentTarget.dataset
    const { settings } = this.data
    // A switch goes back only from where the data says that it is.
    this.setData({ problem: '', settings: { ...settings, [name]: detail.value } })
    try {
      const { value } = await me.preferences.update((known) => ({ ...known, [name]: detail.value }))
      this.setData({ settings: readSettings(value) })
    } catch (error) {
      this.setData({ settings })
      await this.fail(error)
    }
  },

  /** @param {WechatMiniprogram.TouchEvent<{}, {}, { id: string; name: string }>} event */
  async removeDevice({ currentTarget }) {
    const { id, name } = currentTarget.dataset
    if (!(await confirm('退出这台设备', `“${name}”需要重新登录才能使用。`))) return
    await this.run(id, async () => {
      await me.removeDevice(id)
      await this.load()
    })
  },

  async removeOthers() {
    if (!(await confirm('退出其他设备', '除这台手机外，都需要重新登录。'))) return
    await this.run('others', async () => {
      await me.removeOtherDevices()
      await this.load()
    })
  },

  async exportData() {
    const warning = '内容里有完整的手机号和微信标识，请妥善保管。'
    if (!(await confirm('导出我的数据', warning))) return
    await this.run('export', async () => {
      await wx.setClipboardData({ data: JSON.stringify(await me.export(), null, 2) })
    })
  },

  /**
   * @param {string} busy
   * @param {() => Promise<void>} work
   */
  async run(busy, work) {
    this.setData({ busy, problem: '' })
    try {
      await work()
    } catch (error) {
      await this.fail(error)
    } finally {
      this.setData({ busy: '' })
    }
  },

  /**
   * What is on the screen stays there; without anything on it, the page says what is wrong.
   *
   * @param {unknown} error
   */
  async fail(error) {
    const code = error instanceof AuthError ? error.code : ''
    if (code === 'signed_out' || code === 'phone_required') this.setData({ state: code })
    else if (code === 'user_deleted') await this.leave()
    else if (code === 'user_disabled') await this.learnWhy()
    else this.say(explain(error, { not_found: '这台设备已经退出' }))
  },

  /** The account was deleted on another device; the sign-in page has what can be done about it. */
  async leave() {
    await auth.logout({ tellServer: false })
    await wx.reLaunch({ url: '/pages/sign-in/sign-in?deleted=1' })
  },

  /** Disabled, or deleted? A login says which. */
  async learnWhy() {
    try {
      if (!(await auth.reauthenticate())) await auth.logout()
    } catch (error) {
      if (error instanceof AuthError && error.code === 'user_deleted') await this.leave()
      else this.say(explain(error))
    }
  },

  /** @param {string} problem */
  say(problem) {
    this.setData(this.data.state === 'ready' ? { problem } : { state: 'problem', problem })
  },
})

/** @param {import('@kaimen/client/account').Preferences} preferences Of any version of this program. */
function readSettings({ dark, notify }) {
  return { dark: dark === true, notify: notify !== false }
}
