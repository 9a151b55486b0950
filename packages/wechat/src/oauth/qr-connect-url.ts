import { pageUrl } from './page-url.ts'
import type { PageParams } from './page-url.ts'
import { WechatInputError } from '../errors/input-error.ts'

export interface QrConnectUrlParams extends PageParams {
  /** The page's language. Default: WeChat's choice. */
  readonly lang?: 'cn' | 'en'
  /**
   * Asks for the form of the page that goes into an iframe of the website's own page, the one that
   * WeChat's wxLogin.js opens (`login_type=jssdk`), and says where `redirect_uri` opens: `true` in
   * the iframe, `false` in the window around it. Default: the page fills a window of its own.
   */
  readonly self_redirect?: boolean
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
  const { lang, self_redirect } = params
  if (lang !== undefined && lang !== 'cn' && lang !== 'en') {
    throw new WechatInputError('lang', 'must be cn or en')
  }
  if (self_redirect !== undefined && typeof self_redirect !== 'boolean') {
    throw new WechatInputError('self_redirect', 'must be true or false')
  }
  return pageUrl('/connect/qrconnect', params, 'snsapi_login', [
    ...(self_redirect === undefined
      ? []
      : [['login_type', 'jssdk'] as const, ['self_redirect', String(self_redirect)] as const]),
    ...(lang === undefined ? [] : [['lang', lang] as const]),
  ])
}
