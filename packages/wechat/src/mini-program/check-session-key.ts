import { WechatError } from '../errors/wechat-error.ts'
import type { Wechat } from '../wechat.ts'
import { signQuery } from './sign-query.ts'
import type { SignedParams } from './sign-query.ts'

/**
 * Asks whether a stored `session_key` is still the user's current one. `wx.checkSession` on the
 * phone answers for the newest key instead, which need not be the stored one.
 *
 * @returns `false` for errcode 87009: replaced or expired.
 * @throws {@link WechatInputError} When a parameter is malformed; nothing was sent.
 * @throws {@link WechatError} For any other errcode: 40003, 87008, those of access_tokens.
 * @throws {@link WechatTransportError} When there is no answer that can be used.
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/checkSessionKey.html
 */
export async function checkSessionKey(wechat: Wechat, params: SignedParams): Promise<boolean> {
  try {
    await wechat.call({
      endpoint: 'checkSessionKey',
      method: 'GET',
      path: '/wxa/checksession',
      query: signQuery(params),
    })
    return true
  } catch (error) {
    if (error instanceof WechatError && error.errcode === 87009) return false
    throw error
  }
}
