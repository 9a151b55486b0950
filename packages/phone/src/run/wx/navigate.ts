import { openEventChannel } from '../event-channel.ts'
import type { PageStack } from '../page-stack.ts'
import { WxFailure, type MakeApi, type Wx } from './api.ts'

/** https://developers.weixin.qq.com/miniprogram/dev/api/route/wx.navigateTo.html */
export function describeNavigation(stack: PageStack, makeApi: MakeApi) {
  const top = () => {
    const page = stack.top()
    if (page) return page
    throw new WxFailure('no page is open')
  }
  return {
    navigateTo: makeApi('navigateTo', ({ url, events = {} }) => {
      const channel = openEventChannel(events)
      stack.open('navigateTo', url, channel)
      return { eventChannel: channel as unknown as WechatMiniprogram.EventChannel }
    }),
    redirectTo: makeApi('redirectTo', ({ url }) => {
      stack.open('redirectTo', url)
      return {}
    }),
    reLaunch: makeApi('reLaunch', ({ url }) => {
      stack.open('reLaunch', url)
      return {}
    }),
    switchTab: makeApi('switchTab', ({ url }) => {
      stack.open('switchTab', url)
      return {}
    }),
    navigateBack: makeApi('navigateBack', ({ delta = 1 }) => {
      if (!stack.back(delta)) throw new WxFailure('cannot navigate back at first page.')
      return {}
    }),
    setNavigationBarTitle: makeApi('setNavigationBarTitle', ({ title }) => {
      top().window.setTitle(title)
      return {}
    }),
    setNavigationBarColor: makeApi('setNavigationBarColor', ({ frontColor, backgroundColor }) => {
      top().window.setColors(frontColor, backgroundColor)
      return {}
    }),
    showNavigationBarLoading: makeApi('showNavigationBarLoading', () => {
      top().window.setLoading(true)
      return {}
    }),
    hideNavigationBarLoading: makeApi('hideNavigationBarLoading', () => {
      top().window.setLoading(false)
      return {}
    }),
    startPullDownRefresh: makeApi('startPullDownRefresh', () => {
      const { window, instance } = top()
      window.setPulled(true)
      const refresh = instance['onPullDownRefresh']
      if (typeof refresh === 'function') Reflect.apply(refresh, instance, [])
      return {}
    }),
    stopPullDownRefresh: makeApi('stopPullDownRefresh', () => {
      top().window.setPulled(false)
      return {}
    }),
    pageScrollTo: makeApi('pageScrollTo', ({ scrollTop, selector }) => {
      const { scroller } = top().window
      if (selector) scroller.querySelector(selector)?.scrollIntoView()
      else scroller.scrollTop = scrollTop ?? 0
      return {}
    }),
    setTabBarBadge: makeApi('setTabBarBadge', ({ index, text }) => {
      stack.badge(index, text)
      return {}
    }),
    removeTabBarBadge: makeApi('removeTabBarBadge', ({ index }) => {
      stack.badge(index, '')
      return {}
    }),
  } satisfies Partial<Wx>
}
