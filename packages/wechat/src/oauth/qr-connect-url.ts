import { pageUrl } from './page-url.ts'
import type { PageParams } from './page-url.ts'
import { WechatInputError } from '../errors/input-error.ts'

export interface QrConnectUrlParams extends PageParams {
  /** The page's language. Default: WeChat's choice. */
  readonly lang?: 'cn' | 'en'
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
  const { lang } = params
  if (lang !== undefined && lang !== 'cn' && lang !== 'en') {
    throw new WechatInputError('lang', 'must be cn or en')
  }
  const more = lang === undefined ? [] : [['lang', lang] as const]
  return pageUrl('/connect/qrconnect', params, 'snsapi_login', more)
}
