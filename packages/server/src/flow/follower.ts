import { getFollower, type AccessTokens, type Wechat } from '@kaimen/wechat'
import { explainWechat } from '../wechat-refusal.ts'

/**
 * Asks WeChat whether a person follows a service account.
 *
 * @returns `since` in milliseconds; `null` where they do not follow, or WeChat does not say.
 * @throws KaimenError The `wechat_*` codes.
 * @see https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_userinfo.html
 */
export async function findFollower(
  { wechat, wechatTokens }: { wechat: Wechat; wechatTokens: AccessTokens },
  { app_id, openid }: { app_id: string; openid: string },
): Promise<{ follows: boolean; since: number | null }> {
  try {
    const follower = await wechatTokens.call(app_id, (access_token) =>
      getFollower(wechat, { access_token, openid }),
    )
    if (!follower.subscribe) return { follows: false, since: null }
    return { follows: true, since: follower.subscribe_time * 1000 || null }
  } catch (error) {
    throw explainWechat(error)
  }
}
