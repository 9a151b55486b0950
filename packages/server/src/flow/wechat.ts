import { code2Session, type Secret, type Wechat } from '@kaimen/wechat'
import type { App } from '../app.ts'
import type { WechatProof } from '../user/proof.ts'
import { explainWechat } from '../wechat-refusal.ts'

/** Whether a text can be a login code at all. One that can not never reaches WeChat. [WX-4] */
export function isLoginCode(code: string): boolean {
  return /^[A-Za-z0-9_-]{1,128}$/.test(code)
}

/**
 * Trades a login code for the proof of an identity. Asks WeChat once and never again: a code works
 * once.
 *
 * @throws KaimenError `code_invalid`, `code_used` and the `wechat_*` codes.
 */
export async function proveByWechat(
  wechat: Wechat,
  app: App,
  code: string,
): Promise<WechatProof & { readonly session_key: Secret }> {
  try {
    const reply = await code2Session(wechat, {
      appid: app.app_id,
      secret: app.secret,
      js_code: code,
    })
    const unionid = app.open_platform === null ? null : (reply.unionid ?? null)
    return {
      app_id: app.app_id,
      openid: reply.openid,
      open_platform: unionid === null ? null : app.open_platform,
      unionid,
      session_key: reply.session_key,
    }
  } catch (error) {
    throw explainWechat(error)
  }
}
