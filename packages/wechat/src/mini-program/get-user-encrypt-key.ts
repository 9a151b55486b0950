import { secret } from '../secret.ts'
import type { Secret } from '../secret.ts'
import { readNumber, readObjects, readText } from '../transport/read-fields.ts'
import type { Wechat } from '../wechat.ts'
import { signQuery } from './sign-query.ts'
import type { SignedParams } from './sign-query.ts'

export interface UserEncryptKey {
  /** Base64 of 16 bytes. */
  readonly encrypt_key: Secret
  /** Tells the keys of a user apart; the phone sends it along. */
  readonly version: number
  /** Seconds left, of 3600; 0 when expired. */
  readonly expire_in: number
  /** 16 hex digits, taken as text. */
  readonly iv: string
  /** Seconds since the Unix epoch. */
  readonly create_time: number
}

/**
 * Gives the user's newest keys, at most 3, that `wx.getUserCryptoManager` shares with the phone.
 *
 * @throws {@link WechatInputError} When a parameter is malformed; nothing was sent.
 * @throws {@link WechatError} When WeChat answers an `errcode`: 87009 (session_key stale), 87008,
 *   40003, -1, those of access_tokens.
 * @throws {@link WechatTransportError} When there is no answer that can be used.
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-info/internet/getUserEncryptKey.html
 */
export async function getUserEncryptKey(
  wechat: Wechat,
  params: SignedParams,
): Promise<{ readonly key_info_list: readonly UserEncryptKey[] }> {
  const endpoint = 'getUserEncryptKey'
  const reply = await wechat.call({
    endpoint,
    // WeChat's pages say GET and POST. With POST any body, even {}, enters the signature.
    method: 'GET',
    path: '/wxa/business/getuserencryptkey',
    query: signQuery(params),
  })
  const keys = readObjects(endpoint, reply, 'key_info_list')
  return {
    key_info_list: keys.map((key) => ({
      encrypt_key: secret(readText(endpoint, key, 'encrypt_key')),
      version: readNumber(endpoint, key, 'version'),
      expire_in: readNumber(endpoint, key, 'expire_in'),
      iv: readText(endpoint, key, 'iv'),
      create_time: readNumber(endpoint, key, 'create_time'),
    })),
  }
}
