import {
  checkSessionKey,
  WechatInputError,
  type AccessTokens,
  type Secret,
  type Wechat,
} from '@kaimen/wechat'
import { explainWechat } from '../wechat-refusal.ts'

/**
 * Asks WeChat whether a stored `session_key` is still the person's newest. `wx.checkSession` on the
 * phone does not know which one is stored.
 *
 * @throws KaimenError The `wechat_*` codes.
 */
export async function checkWechatSession(
  { wechat, wechatTokens }: { wechat: Wechat; wechatTokens: AccessTokens },
  { app_id, openid }: { app_id: string; openid: string },
  session_key: Secret,
): Promise<boolean> {
  try {
    return await wechatTokens.call(app_id, (access_token) =>
      checkSessionKey(wechat, { access_token, openid, session_key }),
    )
  } catch (error) {
    // A key that cannot even be sent honours nothing.
    if (error instanceof WechatInputError) return false
    throw explainWechat(error)
  }
}
