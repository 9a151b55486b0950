import { code2Session, type Secret, type Wechat } from '@kaimen/wechat'
import type { App } from '../app.ts'
import { KaimenError } from '../errors.ts'
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
    const refusal = explainWechat(error)
    const isInvalid = refusal instanceof KaimenError && refusal.code === 'code_invalid'
    throw isInvalid && isPhoneCode(code) ? mixedUp(refusal) : refusal
  }
}

/** As far as anyone has seen: good for a hint, never for a refusal. */
const isPhoneCode = (code: string) => /^[0-9a-f]{64}$/.test(code)

function mixedUp({ cause, wechat }: KaimenError): KaimenError {
  return new KaimenError('code_invalid', {
    cause,
    ...(wechat && { wechat }),
    detail: {
      'zh-CN':
        '这个 code 看起来是手机号按钮给出的，而不是 wx.login 的。请把 wx.login 的 code 作为 code，把 getPhoneNumber 回调中的 event.detail.code 作为 phone_code 发送到 /v1/sign-in/phone。',
      en: 'This code looks like one of the phone button, not of wx.login. Send that of wx.login as code, and event.detail.code of getPhoneNumber as phone_code to /v1/sign-in/phone.',
    },
  })
}
