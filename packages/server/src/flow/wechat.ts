import { errorCodeOf, type ErrorCode } from '@kaimen/protocol'
import { code2Session, WechatError, WechatTransportError, type Wechat } from '@kaimen/wechat'
import type { App } from '../app.ts'
import { KaimenError } from '../errors.ts'
import type { WechatProof } from '../user/proof.ts'

/** Whether a text can be a login code at all. One that can not never reaches WeChat. [WX-4] */
export function isLoginCode(code: string): boolean {
  return /^[A-Za-z0-9_-]{1,128}$/.test(code)
}

/** How long to wait, in seconds, where WeChat does not say. A rate limit is counted by the minute. */
const retryAfterSeconds: Partial<Record<ErrorCode, number>> = {
  wechat_busy: 2,
  wechat_rate_limited: 60,
  wechat_unreachable: 5,
}

/**
 * Trades a login code for the proof of an identity. Asks WeChat once and never again: a code works
 * once.
 *
 * @throws {@link KaimenError} `code_invalid`, `code_used` and the `wechat_*` codes.
 */
export async function proveByWechat(wechat: Wechat, app: App, code: string): Promise<WechatProof> {
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
    throw asKaimenError(error)
  }
}

function asKaimenError(error: unknown): unknown {
  if (error instanceof WechatTransportError) return refuse('wechat_unreachable', error)
  if (!(error instanceof WechatError)) return error
  const { errcode, rid } = error
  return refuse(errorCodeOf(errcode), error, { errcode, ...(rid !== undefined && { rid }) })
}

function refuse(code: ErrorCode, cause: Error, wechat?: { errcode: number; rid?: string }) {
  const wait = retryAfterSeconds[code]
  return new KaimenError(code, {
    cause,
    ...(wechat && { wechat }),
    ...(wait !== undefined && { retryAfterSeconds: wait }),
  })
}
