import { exchangeOAuthCode, getUserInfo, type Wechat } from '@kaimen/wechat'
import type { App } from '../app.ts'
import { KaimenError } from '../errors.ts'
import type { WechatProof } from '../user/proof.ts'
import { explainWechat } from '../wechat-refusal.ts'

/** What a person shows of themselves at WeChat; empty where they do not. */
export type WebProfile = { readonly nickname: string; readonly headimgurl: string }

/**
 * Trades the code that a browser brought back for the proof of an identity. Asks WeChat once and
 * never again: a code works once.
 *
 * @param scope What the person allowed.
 * @throws {@link KaimenError} `snapshot_user` (R10), `code_invalid`, `code_used` and the `wechat_*`
 *   codes.
 */
export async function proveByWebOAuth(
  wechat: Wechat,
  { app_id, secret, open_platform }: App,
  { code, scope }: { code: string; scope: string },
): Promise<{ proof: WechatProof; profile: () => Promise<WebProfile | undefined> }> {
  const reply = await exchangeOAuthCode(wechat, { appid: app_id, secret, code }).catch(
    (error: unknown) => {
      throw explainWechat(error)
    },
  )
  // Whoever looks at a snapshot has an openid and unionid that are made up: no account for them.
  if (reply.is_snapshotuser) throw new KaimenError('snapshot_user')
  const { openid, access_token } = reply
  const unionid = open_platform === null ? null : (reply.unionid ?? null)
  return {
    proof: {
      app_id,
      openid,
      open_platform: unionid === null ? null : open_platform,
      unionid,
      session_key: null,
    },
    async profile() {
      if (scope === 'snsapi_base') return undefined
      const { nickname, headimgurl } = await getUserInfo(wechat, { access_token, openid })
      return { nickname, headimgurl }
    },
  }
}
