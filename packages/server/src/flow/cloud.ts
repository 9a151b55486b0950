import type { App, Apps, CloudSettings } from '../app.ts'
import { KaimenError } from '../errors.ts'
import type { WechatProof } from '../user/proof.ts'

/**
 * Reads who calls from the headers that the gateway of WeChat cloud hosting sets. Anybody who
 * reaches the container in another way can set them too, so they count only where the operator has
 * said that nobody does, and only from the environment and the sources that were named.
 *
 * @throws {@link KaimenError} `data_invalid`, `app_unknown`.
 * @see https://developers.weixin.qq.com/miniprogram/dev/wxcloudrun/src/development/weixin/callback.html
 */
export function proveByCloud(
  cloud: CloudSettings,
  apps: Apps,
  headers: Headers,
): { app: App; wechat: WechatProof } {
  const source = headers.get('x-wx-source') ?? ''
  if (headers.get('x-wx-env') !== cloud.env || !cloud.sources.includes(source)) throw refuse()

  // Under resource sharing the caller is in the headers that say FROM, and the others are absent.
  const own = headers.has('x-wx-openid')
  const read = (name: string) => headers.get(own ? `x-wx-${name}` : `x-wx-from-${name}`)
  const openid = read('openid')
  if (openid === null || !isIdentifier(openid)) throw refuse()
  const app = apps.get(read('appid') ?? '')
  if (app?.kind !== 'mini_program') throw new KaimenError('app_unknown')
  const unionid = app.open_platform === null ? null : read('unionid')
  if (unionid !== null && !isIdentifier(unionid)) throw refuse()
  return {
    app,
    wechat: {
      app_id: app.app_id,
      openid,
      open_platform: unionid === null ? null : app.open_platform,
      unionid,
      session_key: null,
    },
  }
}

/** One that was sent twice comes as `a, b`, and is none. */
const isIdentifier = (text: string) => /^[\w-]{1,64}$/.test(text)

function refuse(): KaimenError {
  return new KaimenError('data_invalid', {
    detail: {
      'zh-CN':
        '请求不是由所配置的微信云托管环境转发的，或缺少 X-WX-OPENID 等请求头。请用 wx.cloud.callContainer 调用，并核对服务端 cloud.env 与 cloud.sources。',
      en: 'The request was not passed on by the WeChat cloud hosting environment that is configured, or lacks X-WX-OPENID and its like. Call through wx.cloud.callContainer, and compare cloud.env and cloud.sources of the server.',
    },
  })
}
