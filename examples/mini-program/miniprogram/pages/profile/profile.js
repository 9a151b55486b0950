import { auth } from '../../auth.js'
import { explain } from '../../explain.js'
import { me } from '../../me.js'

/**
 * Picture and name as the person gives them; WeChat itself tells neither since 2022.
 *
 * https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/userProfile.html
 */
Page({
  data: {
    avatarUrl: '',
    nickname: '',
    /** @type {'' | 'avatar' | 'nickname'} */
    busy: '',
    problem: '',
  },

  onLoad() {
    const { user } = auth
    this.setData({ avatarUrl: user?.avatar_url ?? '', nickname: user?.nickname ?? '' })
  },

  /** @param {WechatMiniprogram.CustomEvent<{ avatarUrl: string }>} event */
  async chooseAvatar({ detail }) {
    await this.run('avatar', async () => {
      const { avatar_url } = await me.uploadAvatar(detail.avatarUrl)
      this.setData({ avatarUrl: avatar_url ?? '' })
    })
  },

  /**
   * By form: WeChat checks the name when the field is left, and takes out what it does not allow;
   * what was typed before that is not the name.
   *
   * @param {WechatMiniprogram.FormSubmit} event
   */
  async saveNickname({ detail }) {
    /** @type {{ nickname: string }} */
    const { nickname } = { nickname: '', ...detail.value }
    const name = nickname.trim()
    await this.run('nickname', async () => {
      const saved = await me.update({ nickname: name || null })
      this.setData({ nickname: saved.nickname ?? '' })
      await wx.showToast({ title: '已保存', icon: 'success' })
    })
  },

  /** The button gives no event when the privacy guide is refused. */
  refusePrivacy() {
    this.setData({ problem: '你没有同意隐私保护指引，头像没有更换；其他功能不受影响' })
  },

  /**
   * @param {'avatar' | 'nickname'} busy
   * @param {() => Promise<void>} work
   */
  async run(busy, work) {
    if (this.data.busy) return
    this.setData({ busy, problem: '' })
    try {
      await work()
    } catch (error) {
      this.setData({
        problem: explain(error, {
          body_invalid: '昵称要有 1 到 32 个字，而且不能是“微信用户”',
          body_too_large: '这张图片太大了，请换一张',
          media_type_unsupported: '这不是能用的图片，请换一张',
        }),
      })
    } finally {
      this.setData({ busy: '' })
    }
  },
})
