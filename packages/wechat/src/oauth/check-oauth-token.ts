import { WechatError } from '../errors/wechat-error.ts'
import { checkCredential, checkOpenid } from '../parameters.ts'
import type { Secret } from '../secret.ts'
import type { Wechat } from '../wechat.ts'

/** Errcodes that say: this access_token is good no more. */
const dead = new Set([40001, 40014, 42001, 42007])

/**
 * Asks whether a user's access_token is still good.
 *
 * @returns `false` for errcodes 40001, 40014, 42001 and 42007.
 * @throws {@link WechatInputError} When a parameter is malformed; nothing was sent.
 * @throws {@link WechatError} For any other errcode: 40003 (the token is not this openid's), -1.
 * @throws {@link WechatTransportError} When there is no answer that can be used.
 * @see https://developers.weixin.qq.com/doc/service/guide/h5/auth.html
 */
export async function checkOAuthToken(
  wechat: Wechat,
  params: { readonly access_token: string | Secret; readonly openid: string },
): Promise<boolean> {
  const { access_token, openid } = params
  checkOpenid(openid)
  try {
    await wechat.call({
      endpoint: 'checkOAuthToken',
      method: 'GET',
      path: '/sns/auth',
      query: { access_token: checkCredential('access_token', access_token), openid },
    })
    return true
  } catch (error) {
    if (error instanceof WechatError && dead.has(error.errcode)) return false
    throw error
  }
}
