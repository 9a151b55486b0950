import { checkAppid, checkCredential } from '../parameters.ts'
import type { Secret } from '../secret.ts'
import type { Wechat } from '../wechat.ts'

/**
 * Sets the counts of all of an app's APIs back without an access_token: for when the fetching of
 * tokens is itself what has run out. 10 a month, together with {@link clearQuota}.
 *
 * @throws {@link WechatInputError} When a parameter is malformed; nothing was sent.
 * @throws {@link WechatError} When WeChat answers an `errcode`: 48006, 40013, 40125, 41002, 41004.
 * @throws {@link WechatTransportError} When there is no answer that can be used.
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/openApi-mgnt/clearQuotaByAppSecret.html
 */
export async function clearQuotaByAppSecret(
  wechat: Wechat,
  { appid, appsecret }: { readonly appid: string; readonly appsecret: string | Secret },
): Promise<void> {
  checkAppid(appid)
  await wechat.call({
    endpoint: 'clearQuotaByAppSecret',
    method: 'POST',
    path: '/cgi-bin/clear_quota/v2',
    body: { appid, appsecret: checkCredential('appsecret', appsecret) },
  })
}
