import { checkAppid, checkCredential } from '../parameters.ts'
import type { Secret } from '../secret.ts'
import type { Wechat } from '../wechat.ts'

/**
 * Sets the counts of all of an app's APIs back. 10 a month, together with
 * {@link clearQuotaByAppSecret}.
 *
 * @throws {@link WechatInputError} When a parameter is malformed; nothing was sent.
 * @throws {@link WechatError} When WeChat answers an `errcode`: 48006, 40013, those of
 *   access_tokens.
 * @throws {@link WechatTransportError} When there is no answer that can be used.
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/openApi-mgnt/clearQuota.html
 */
export async function clearQuota(
  wechat: Wechat,
  { access_token, appid }: { readonly access_token: string | Secret; readonly appid: string },
): Promise<void> {
  checkAppid(appid)
  await wechat.call({
    endpoint: 'clearQuota',
    method: 'POST',
    path: '/cgi-bin/clear_quota',
    query: { access_token: checkCredential('access_token', access_token) },
    body: { appid },
  })
}
