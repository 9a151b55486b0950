import { AuthError, type ErrorCode } from './auth-error.ts'
import { merge } from './merge.ts'
import type { Platform, PlatformRequest, Reply } from './platform.ts'
import { isFields } from './wire.ts'

interface Failure {
  errMsg: string
  errno?: number | undefined
}

/** What the buttons `getPhoneNumber` and `getRealtimePhoneNumber` give to their handlers. */
export interface PhoneEvent {
  detail: { code?: string; errMsg: string; errno?: number }
}

/** The part of `wx` that is used. What is optional may be missing in an old base library. */
export interface WechatApi {
  login(options: {
    timeout: number
    success(result: { code: string }): void
    fail(failure: Failure): void
  }): unknown
  request(
    options: PlatformRequest & { success(reply: Reply): void; fail(failure: Failure): void },
  ): { abort(): void }
  getStorageSync(key: string): unknown
  setStorageSync(key: string, value: string): void
  removeStorageSync(key: string): void
  getAccountInfoSync?(): { miniProgram: { appId: string; envVersion?: string } }
  getLaunchOptionsSync?(): { scene: number; apiCategory?: string }
  getDeviceInfo?(): { model?: string; system?: string }
}

const needed = ['login', 'request', 'getStorageSync']

/** Moments opens a mini program as a single page: no login state, and a storage of its own. */
const singlePageScene = 1154

/**
 * WeChat's mini program as a {@link Platform}. Taro and uni-app builds have the same `wx`.
 *
 * @throws {AuthError} `platform_missing`: this `wx` has no login, as that of WeChat's web pages.
 */
export function wechat(given?: WechatApi): Platform {
  const api = given ?? findWechat()
  if (!api || !needed.every((name) => typeof Reflect.get(api, name) === 'function'))
    throw new AuthError('platform_missing')
  return {
    host: api,
    canSignIn() {
      const launch = api.getLaunchOptionsSync?.()
      return !launch || (launch.scene !== singlePageScene && launch.apiCategory !== 'browseOnly')
    },
    // Callbacks, not the promise form: WeChat documents none for wx.login.
    login: (timeoutMs) =>
      new Promise((resolve, reject) => {
        api.login({
          timeout: timeoutMs,
          success({ code }) {
            // DevTools under a tourist appid answers with these words instead of a code.
            if (code && code !== mockCode) resolve(code)
            else reject(mocked())
          },
          fail: (failure) => reject(readFailure(failure, 'wx_login_failed')),
        })
      }),
    request(request) {
      let task: { abort(): void } | undefined
      const reply = new Promise<Reply>((resolve, reject) => {
        const callbacks = {
          success: resolve,
          fail: (failure: Failure) => reject(readFailure(failure, 'network')),
        }
        task = api.request(merge(request, callbacks))
      })
      return { reply, abort: () => task?.abort() }
    },
    app() {
      if (!api.getAccountInfoSync) return { appId: '', env: '' }
      const { appId, envVersion: env = '' } = api.getAccountInfoSync().miniProgram
      return { appId, env }
    },
    device() {
      const info = api.getDeviceInfo?.()
      return info && { model: clip(info.model), system: clip(info.system) }
    },
    read: (key) => api.getStorageSync(key),
    write: (key, value) => api.setStorageSync(key, value),
    remove: (key) => api.removeStorageSync(key),
    now: () => Date.now(),
    after(ms, run) {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
    random: () => Math.random(),
  }
}

/** @throws {AuthError} The person refused, or WeChat did. */
export function readPhoneCode({ detail }: PhoneEvent): string {
  const { code, errMsg, errno } = detail
  // Without the rest of the detail: it may hold the number, encrypted.
  if (!code) throw readFailure({ errMsg, errno }, 'wx_phone_failed')
  return code
}

/** The server takes 1 to 64 characters. */
const clip = (text: string | undefined) => text?.slice(0, 64) || undefined

const mockCode = 'the code is a mock one'

const mocked = () =>
  new AuthError('code_invalid', {
    action: 'fix_config',
    message: '开发者工具没有给出真的 code，请在 project.config.json 填写 AppID',
  })

function findWechat(): WechatApi | undefined {
  return typeof wx === 'object' ? wx : undefined
}

/**
 * By errno, which came with base library 2.24.0, or else by the text.
 * https://developers.weixin.qq.com/miniprogram/dev/framework/usability/PublicErrno.html
 */
const codeOf: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^(104|101102) |privacy permission/, 'privacy_refused'],
  [/^(112|101100) |not declared/, 'privacy_undeclared'],
  [/^103 |deny/, 'user_refused'],
  [/^600002 |domain list/, 'domain_not_allowed'],
  [/^5 |timeout/, 'timeout'],
  [/^(108|109|6000..) /, 'network'],
  [/^1003 /, 'rate_limited'],
  [/^1402101 /, 'wechat_user_blocked'],
  [/^1400001 /, 'phone_quota'],
]

/**
 * What any API of `wx` failed with, such as `wx.getUserInfo` or `wx.requirePrivacyAuthorize`: a
 * refusal of the privacy guide is told from one of the permission. An {@link AuthError} stays as it
 * is.
 *
 * @param otherwise The code of what is not known. Default: `wx_failed`.
 */
export function readFailure(failure: unknown, otherwise: ErrorCode = 'wx_failed'): AuthError {
  if (failure instanceof AuthError) return failure
  const { errno, errMsg } = isFields(failure) ? failure : {}
  const known = codeOf.find(([sign]) => sign.test([errno, errMsg].join(' ')))
  return new AuthError(known ? known[1] : otherwise, {
    errno: typeof errno === 'number' ? errno : undefined,
    cause: failure,
  })
}
