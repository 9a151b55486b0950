import { checkCredential, checkOpenid } from '../parameters.ts'
import type { Secret } from '../secret.ts'
import {
  numberOrZero,
  readNumber,
  readOptionalText,
  readText,
  textOrEmpty,
} from '../transport/read-fields.ts'
import type { Wechat } from '../wechat.ts'

export interface GetFollowerParams {
  /** The service account's own, not a user's. */
  readonly access_token: string | Secret
  readonly openid: string
  /** Default `zh_CN`. */
  readonly lang?: 'zh_CN' | 'zh_TW' | 'en'
}

interface Visitor {
  readonly openid: string
  readonly unionid?: string
}

/** Somebody who follows the service account, or does not. */
export type Follower =
  | (Visitor & { readonly subscribe: false })
  | (Visitor & {
      readonly subscribe: true
      /** Since when, in seconds since the Unix epoch; 0 where WeChat does not say. */
      readonly subscribe_time: number
      /** For example `ADD_SCENE_QR_CODE`; empty where WeChat does not say. */
      readonly subscribe_scene: string
      readonly qr_scene: number
      readonly qr_scene_str: string
    })

/**
 * Tells whether a user follows the service account, since when and how that came. 5 000 000 a day.
 *
 * @throws {@link WechatInputError} When a parameter is malformed; nothing was sent.
 * @throws {@link WechatError} When WeChat answers an `errcode`: 40003, 48001, -1, those of
 *   access_tokens.
 * @throws {@link WechatTransportError} When there is no answer that can be used.
 * @see https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_userinfo.html
 */
export async function getFollower(
  wechat: Wechat,
  { access_token, openid, lang = 'zh_CN' }: GetFollowerParams,
): Promise<Follower> {
  const endpoint = 'getFollower'
  checkOpenid(openid)
  const reply = await wechat.call({
    endpoint,
    method: 'GET',
    path: '/cgi-bin/user/info',
    query: { access_token: checkCredential('access_token', access_token), openid, lang },
  })
  const unionid = readOptionalText(endpoint, reply, 'unionid')
  const visitor = {
    openid: readText(endpoint, reply, 'openid'),
    ...(unionid !== undefined && { unionid }),
  }
  if (readNumber(endpoint, reply, 'subscribe') === 0) return { ...visitor, subscribe: false }
  return {
    ...visitor,
    subscribe: true,
    subscribe_time: numberOrZero(reply.subscribe_time),
    subscribe_scene: textOrEmpty(reply.subscribe_scene),
    qr_scene: numberOrZero(reply.qr_scene),
    qr_scene_str: textOrEmpty(reply.qr_scene_str),
  }
}
