import type { Wechat } from '../wechat.ts'
import type { Privacy, PrivacyListener } from '../privacy.ts'
import type { Dialogs } from '../screen/dialogs.ts'
import { WxFailure, type MakeApi, type Wx } from './api.ts'

interface Identity {
  readonly wechat: Wechat
  readonly privacy: Privacy
  readonly dialogs: Dialogs
  /**
   * Moments shows one page alone, without a login:
   * https://developers.weixin.qq.com/miniprogram/dev/reference/scene-list.html
   */
  readonly scene: () => number
}

const singlePageScene = 1154
export const contractName = '《小程序用户隐私保护指引》'

export function describeLogin({ wechat, privacy, dialogs, scene }: Identity, makeApi: MakeApi) {
  const requireLogin = () => {
    if (scene() === singlePageScene) throw new WxFailure('can not login in single page mode')
  }
  const openContract = () =>
    dialogs.read('小程序用户隐私保护指引', [
      '本指引由小程序开发者在微信公众平台填写：处理哪些信息，用于什么目的。',
      'In WeChat, this page has what the developer of the mini program filled in on its console: which data are processed, and what for.',
    ])
  return {
    login: makeApi('login', async () => {
      requireLogin()
      return { code: await wechat.login() }
    }),
    checkSession: makeApi('checkSession', async () => {
      await wechat.checkSession()
      return {}
    }),
    getUserInfo: makeApi('getUserInfo', async () => {
      const { errMsg: _, ...info } = await wechat.getUserInfo()
      return info as unknown as WechatMiniprogram.GetUserInfoSuccessCallbackResult
    }),
    getUserProfile: makeApi('getUserProfile', async ({ desc }) => {
      const agreed = await dialogs.askSheet({
        title: '获取你的昵称、头像',
        lines: [desc],
        allow: '允许',
        refuse: '拒绝',
      })
      if (!agreed) throw new WxFailure('auth deny')
      const { errMsg: _, ...info } = await wechat.getUserInfo()
      return info as unknown as WechatMiniprogram.GetUserProfileSuccessCallbackResult
    }),
    getPrivacySetting: makeApi('getPrivacySetting', () => ({
      needAuthorization: privacy.isNeeded(),
      privacyContractName: contractName,
    })),
    openPrivacyContract: makeApi('openPrivacyContract', () => {
      // Opened, not read to the end.
      void openContract()
      return {}
    }),
    requirePrivacyAuthorize: makeApi('requirePrivacyAuthorize', async () => {
      await privacy.require('requirePrivacyAuthorize')
      return {}
    }),
    onNeedPrivacyAuthorization(
      listener: WechatMiniprogram.OnNeedPrivacyAuthorizationCallback,
    ): void {
      // As WeChat's page has it; the typings give the listener something else.
      privacy.listen(listener as unknown as PrivacyListener)
    },
  } satisfies Partial<Wx>
}
