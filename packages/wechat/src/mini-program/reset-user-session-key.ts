import { secret } from '../secret.ts'
import type { Secret } from '../secret.ts'
import { readText } from '../transport/read-fields.ts'
import type { Wechat } from '../wechat.ts'
import { signQuery } from './sign-query.ts'
import type { SignedParams } from './sign-query.ts'

export interface ResetUserSessionKeyReply {
  readonly openid: string
  /** The new key; the old one is dead at once. Its expiry is still that of the old one. */
  readonly session_key: Secret
}

/**
 * Replaces a user's `session_key` by a new one.
 *
 * @throws {@link WechatInputError} When a parameter is malformed; nothing was sent.
 * @throws {@link WechatError} When WeChat answers an `errcode`: 87009, 87008, 45011 (60 000 a
 *   minute and app), those of access_tokens.
 * @throws {@link WechatTransportError} When there is no answer that can be used.
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/ResetUserSessionKey.html
 */
export async function resetUserSessionKey(
  wechat: Wechat,
  params: SignedParams,
): Promise<ResetUserSessionKeyReply> {
  const endpoint = 'resetUserSessionKey'
  const reply = await wechat.call({
    endpoint,
    method: 'GET',
    path: '/wxa/resetusersessionkey',
    query: signQuery(params),
  })
  return {
    openid: readText(endpoint, reply, 'openid'),
    session_key: secret(readText(endpoint, reply, 'session_key')),
  }
}
