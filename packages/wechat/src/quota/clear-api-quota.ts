import { checkCredential, checkText } from '../parameters.ts'
import type { Secret } from '../secret.ts'
import type { Wechat } from '../wechat.ts'

/**
 * Sets the count of one API back.
 *
 * @param params.cgi_path As it stands in the URL, for example `/wxa/getwxacodeunlimit`.
 * @throws {@link WechatInputError} When a parameter is malformed; nothing was sent.
 * @throws {@link WechatError} When WeChat answers an `errcode`: 48006, 76021, 76022, those of
 *   access_tokens.
 * @throws {@link WechatTransportError} When there is no answer that can be used.
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/openApi-mgnt/clearApiQuota.html
 */
export async function clearApiQuota(
  wechat: Wechat,
  params: { readonly access_token: string | Secret; readonly cgi_path: string },
): Promise<void> {
  const { access_token, cgi_path } = params
  checkText('cgi_path', cgi_path, /^\/[\w/.-]{1,255}$/)
  await wechat.call({
    endpoint: 'clearApiQuota',
    method: 'POST',
    path: '/cgi-bin/openapi/quota/clear',
    query: { access_token: checkCredential('access_token', access_token) },
    body: { cgi_path },
  })
}
