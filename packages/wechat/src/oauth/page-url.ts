import { WechatInputError } from '../errors/input-error.ts'
import { checkOrigin } from '../options.ts'
import { checkAppid, checkText } from '../parameters.ts'

export interface PageParams {
  readonly appid: string
  /**
   * Where WeChat sends the browser back: an absolute URL without fragment. Its whole host, without
   * implied sub-domains, is the one set in WeChat's console.
   */
  readonly redirect_uri: string
  /**
   * 1 to 128 of `A-Z a-z 0-9`, random, kept in a cookie of the browser and compared when it comes
   * back: without that anybody can sign others in as himself.
   */
  readonly state: string
  /** Where WeChat's pages are. Default `https://open.weixin.qq.com`. */
  readonly baseUrl?: string
}

/**
 * The address of a page of WeChat's. It matches the query against a strict pattern: the order
 * counts, and so does the fragment.
 */
export function pageUrl(
  path: string,
  { appid, redirect_uri, state, baseUrl = 'https://open.weixin.qq.com' }: PageParams,
  scope: string,
  more: readonly (readonly [name: string, value: string])[] = [],
): string {
  checkAppid(appid)
  checkText('state', state, /^[A-Za-z0-9]{1,128}$/)
  checkRedirectUri(redirect_uri)
  const query = [
    ['appid', appid],
    ['redirect_uri', redirect_uri],
    ['response_type', 'code'],
    ['scope', scope],
    ['state', state],
    ...more,
  ].map(([name, value]) => `${name}=${encodeURIComponent(value ?? '')}`)
  const { origin } = checkOrigin(baseUrl, false)
  return `${origin}${path}?${query.join('&')}#wechat_redirect`
}

function checkRedirectUri(redirect_uri: string): void {
  const url = URL.canParse(redirect_uri) ? new URL(redirect_uri) : undefined
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:'
  if (!isWeb) throw new WechatInputError('redirect_uri', 'must be an absolute http(s) URL')
  if (redirect_uri.includes('#')) {
    throw new WechatInputError('redirect_uri', 'must not have a fragment: it would not come back')
  }
}
