import { checkCredential, checkOpenid } from '../parameters.ts'
import type { Secret } from '../secret.ts'
import { numberOrZero, readOptionalText, readText, textOrEmpty } from '../transport/read-fields.ts'
import type { Wechat } from '../wechat.ts'

export interface GetUserInfoParams {
  /** The user's, with scope `snsapi_userinfo` or `snsapi_login`. */
  readonly access_token: string | Secret
  readonly openid: string
  /** Default `zh_CN`. */
  readonly lang?: 'zh_CN' | 'zh_TW' | 'en'
}

export interface UserInfo {
  readonly openid: string
  readonly unionid?: string
  readonly nickname: string
  /** 0 since October 2021. */
  readonly sex: number
  /** Empty since October 2021, as are city and country. */
  readonly province: string
  readonly city: string
  readonly country: string
  /** Dies when the user changes the picture: copy it. Empty where there is none. */
  readonly headimgurl: string
  readonly privilege: readonly string[]
}

/**
 * Gives the profile of a user who consented to it. Only the openid and unionid say who it is:
 * nicknames are nobody's.
 *
 * @throws {@link WechatInputError} When a parameter is malformed; nothing was sent.
 * @throws {@link WechatError} When WeChat answers an `errcode`: 48001 (scope was `snsapi_base`),
 *   40003, 40001, 42001, -1.
 * @throws {@link WechatTransportError} When there is no answer that can be used.
 * @see https://developers.weixin.qq.com/doc/service/guide/h5/auth.html
 */
export async function getUserInfo(
  wechat: Wechat,
  { access_token, openid, lang = 'zh_CN' }: GetUserInfoParams,
): Promise<UserInfo> {
  const endpoint = 'getUserInfo'
  checkOpenid(openid)
  const reply = await wechat.call({
    endpoint,
    method: 'GET',
    path: '/sns/userinfo',
    query: { access_token: checkCredential('access_token', access_token), openid, lang },
  })
  const unionid = readOptionalText(endpoint, reply, 'unionid')
  const privilege: readonly unknown[] = Array.isArray(reply.privilege) ? reply.privilege : []
  return {
    openid: readText(endpoint, reply, 'openid'),
    ...(unionid !== undefined && { unionid }),
    nickname: textOrEmpty(reply.nickname),
    sex: numberOrZero(reply.sex),
    province: textOrEmpty(reply.province),
    city: textOrEmpty(reply.city),
    country: textOrEmpty(reply.country),
    headimgurl: textOrEmpty(reply.headimgurl),
    privilege: privilege.filter((each) => typeof each === 'string'),
  }
}
