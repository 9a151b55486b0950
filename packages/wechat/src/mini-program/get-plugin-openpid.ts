import { checkCode, checkCredential } from '../parameters.ts'
import type { Secret } from '../secret.ts'
import { readText } from '../transport/read-fields.ts'
import type { Wechat } from '../wechat.ts'

export interface GetPluginOpenPIdParams {
  /** The plugin's. */
  readonly access_token: string | Secret
  /** What `wx.pluginLogin` gave: good for 5 minutes and one exchange. */
  readonly code: string
}

/**
 * Exchanges the code of `wx.pluginLogin` for who the user is to the plugin: one openpid per user,
 * mini program and plugin.
 *
 * @throws {@link WechatInputError} When a parameter is malformed; nothing was sent.
 * @throws {@link WechatError} When WeChat answers an `errcode`: 1000, 1001, 1003, 1005, 1007, 1022,
 *   40016, 45009, those of access_tokens.
 * @throws {@link WechatTransportError} When there is no answer that can be used.
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-info/basic-info/getPluginOpenPId.html
 */
export async function getPluginOpenPId(
  wechat: Wechat,
  { access_token, code }: GetPluginOpenPIdParams,
): Promise<{ readonly openpid: string }> {
  const endpoint = 'getPluginOpenPId'
  const reply = await wechat.call({
    endpoint,
    method: 'POST',
    path: '/wxa/getpluginopenpid',
    query: { access_token: checkCredential('access_token', access_token) },
    body: { code: checkCode('code', code) },
  })
  return { openpid: readText(endpoint, reply, 'openpid') }
}
