import { pageUrl } from './page-url.ts'
import type { PageParams } from './page-url.ts'
import { WechatInputError } from '../errors/input-error.ts'

export interface AuthorizeUrlParams extends PageParams {
  /** `snsapi_base`: openid, without asking. `snsapi_userinfo`: the profile too, after consent. */
  readonly scope: 'snsapi_base' | 'snsapi_userinfo'
  /** Asks even whom WeChat would not ask. Default `false`. */
  readonly forcePopup?: boolean
  /** Shows the snapshot page, for tests of it. Default `false`. */
  readonly forceSnapShot?: boolean
}

/**
 * The address that sends a browser inside WeChat to log in at a service account (公众号网页授权). It comes
 * back to `redirect_uri` with `code` and `state`; the code is good for 5 minutes and one
 * {@link exchangeOAuthCode}. WeChat may open `redirect_uri` twice with the same code.
 *
 * @throws {@link WechatInputError} When a parameter is malformed.
 * @see https://developers.weixin.qq.com/doc/service/guide/h5/auth.html
 */
export function authorizeUrl(params: AuthorizeUrlParams): string {
  const { scope, forcePopup = false, forceSnapShot = false } = params
  if (scope !== 'snsapi_base' && scope !== 'snsapi_userinfo') {
    throw new WechatInputError('scope', 'must be snsapi_base or snsapi_userinfo')
  }
  return pageUrl('/connect/oauth2/authorize', params, scope, [
    ...(forcePopup ? [['forcePopup', 'true'] as const] : []),
    ...(forceSnapShot ? [['forceSnapShot', 'true'] as const] : []),
  ])
}
