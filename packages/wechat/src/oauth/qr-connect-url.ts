import { pageUrl } from './page-url.ts'
import type { PageParams } from './page-url.ts'
import { WechatInputError } from '../errors/input-error.ts'

export interface QrConnectUrlParams extends PageParams {
  /** The page's language. Default: WeChat's choice. */
  readonly lang?: 'cn' | 'en'
  /**
   * For a frame of the website's own page, as WeChat's wxLogin.js makes it: afterwards the browser
   * comes back in the frame (`self`) or in the window around it (`top`). Default: a page of its
   * own.
   */
  readonly embed?: 'self' | 'top'
}

/**
 * The address of the page with the QR code by which a person logs in at a website (网站应用). The
 * browser comes back to `redirect_uri` with `code` and `state`; the code is good for 10 minutes and
 * one {@link exchangeOAuthCode}. After a refusal it comes back with `state` alone, or not at all.
 *
 * @throws {@link WechatInputError} When a parameter is malformed.
 * @see https://developers.weixin.qq.com/doc/oplatform/Website_App/WeChat_Login/Wechat_Login.html
 */
export function qrConnectUrl(params: QrConnectUrlParams): string {
  const { lang, embed } = params
  if (lang !== undefined && lang !== 'cn' && lang !== 'en') {
    throw new WechatInputError('lang', 'must be cn or en')
  }
  if (embed !== undefined && embed !== 'self' && embed !== 'top') {
    throw new WechatInputError('embed', 'must be self or top')
  }
  return pageUrl('/connect/qrconnect', params, 'snsapi_login', [
    ...(lang === undefined ? [] : [['lang', lang] as const]),
    ...(embed === undefined
      ? []
      : [['login_type', 'jssdk'] as const, ['self_redirect', String(embed === 'self')] as const]),
  ])
}
