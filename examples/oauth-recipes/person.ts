import { authorizeUrl, exchangeOAuthCode, getUserInfo, qrConnectUrl } from '@kaimen/wechat'
import type { Wechat } from '@kaimen/wechat'

/** An app as WeChat's console names it. */
export interface WechatApp {
  readonly kind: 'service_account' | 'website'
  readonly appid: string
  readonly secret: string
}

/** Who stands behind a code. An account is (appid, openid); `unionid` is an attribute of it. */
export interface Person {
  readonly openid: string
  readonly unionid: string | undefined
  /** Whether openid and unionid are made up, for a visitor of the snapshot page. */
  readonly is_snapshotuser: boolean
  readonly nickname: string
  readonly headimgurl: string
}

/** The address of WeChat's page: inside WeChat for a service account, with a QR code for a website. */
export function pageOf(
  { kind, appid }: WechatApp,
  page: { readonly redirect_uri: string; readonly state: string; readonly baseUrl?: string },
): string {
  if (kind === 'website') return qrConnectUrl({ appid, ...page })
  // With snsapi_base nobody is asked, but there is neither unionid nor nickname.
  return authorizeUrl({ appid, scope: 'snsapi_userinfo', ...page })
}

/** Exchanges a code, once, for the person behind it. */
export async function knowPerson(
  wechat: Wechat,
  { appid, secret }: WechatApp,
  code: string,
): Promise<Person> {
  const token = await exchangeOAuthCode(wechat, { appid, secret, code })
  const { openid, unionid, is_snapshotuser } = token
  const { nickname, headimgurl } = await getUserInfo(wechat, token)
  return { openid, unionid, is_snapshotuser, nickname, headimgurl }
}
