import type { Dialogs } from '../screen/dialogs.ts'
import { WxFailure, type MakeApi, type Wx } from './api.ts'

/** https://developers.weixin.qq.com/miniprogram/dev/api/ui/interaction/wx.showToast.html */
export function describeDialogs(dialogs: Dialogs, makeApi: MakeApi) {
  return {
    showToast: makeApi('showToast', ({ title, icon, image, duration = 1500, mask = false }) => {
      dialogs.showToast({
        title,
        icon: icon ?? 'success',
        ...(image ? { image } : {}),
        durationMs: duration,
        mask,
      })
      return {}
    }),
    hideToast: makeApi('hideToast', () => {
      dialogs.hideToast()
      return {}
    }),
    showLoading: makeApi('showLoading', ({ title, mask = false }) => {
      dialogs.showLoading(title, mask)
      return {}
    }),
    hideLoading: makeApi('hideLoading', () => {
      dialogs.hideToast()
      return {}
    }),
    showModal: makeApi('showModal', async (option) => {
      const { confirm, content } = await dialogs.ask({
        title: option.title ?? '',
        content: option.content ?? '',
        showCancel: option.showCancel ?? true,
        cancelText: option.cancelText ?? '取消',
        confirmText: option.confirmText ?? '确定',
        cancelColor: option.cancelColor ?? '#000000',
        confirmColor: option.confirmColor ?? '#576B95',
        editable: option.editable ?? false,
        placeholderText: option.placeholderText ?? '',
      })
      return { confirm, cancel: !confirm, content }
    }),
    showActionSheet: makeApi('showActionSheet', async ({ itemList, itemColor, alertText }) => {
      const tapIndex = await dialogs.choose(itemList, {
        ...(alertText ? { title: alertText } : {}),
        ...(itemColor ? { color: itemColor } : {}),
      })
      if (tapIndex === undefined) throw new WxFailure('cancel')
      return { tapIndex }
    }),
  } satisfies Partial<Wx>
}
