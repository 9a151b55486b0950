import { confirm } from '../../confirm.js'
import { explain } from '../../explain.js'
import { formatTime } from '../../format-time.js'
import { me } from '../../me.js'

/** Deletes the account. What that means is on the page before anything can be tapped. */
Page({
  data: { busy: false, problem: '' },

  async leave() {
    if (this.data.busy) return
    if (!(await confirm('确认注销？', '所有设备会立刻退出登录。'))) return
    this.setData({ busy: true, problem: '' })
    try {
      const { gone_at } = await me.delete()
      await wx.showModal({
        title: '账号已注销',
        content: `${formatTime(gone_at)} 之前重新登录，可以撤销。`,
        showCancel: false,
      })
      await wx.reLaunch({ url: '/pages/sign-in/sign-in' })
    } catch (error) {
      this.setData({ problem: explain(error) })
    } finally {
      this.setData({ busy: false })
    }
  },
})
