import { checkCredential, checkText } from '../parameters.ts'
import { secret } from '../secret.ts'
import type { Secret } from '../secret.ts'
import { numberOrZero, readObject, textOrEmpty } from '../transport/read-fields.ts'
import type { Wechat } from '../wechat.ts'

export interface RidInfo {
  /** Seconds since the Unix epoch. */
  readonly invoke_time: number
  readonly cost_in_ms: number
  /** Its query: it may hold an access_token, an AppSecret or a code. */
  readonly request_url: Secret
  readonly request_body: Secret
  readonly response_body: Secret
  readonly client_ip: string
}

/**
 * Tells what a refused call was, by the `rid` of its {@link WechatError}; WeChat keeps it for 7
 * days.
 *
 * @throws {@link WechatInputError} When a parameter is malformed; nothing was sent.
 * @throws {@link WechatError} When WeChat answers an `errcode`: 76001, 76002, 76003, 76004, those
 *   of access_tokens.
 * @throws {@link WechatTransportError} When there is no answer that can be used.
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/openApi-mgnt/getRidInfo.html
 */
export async function getRidInfo(
  wechat: Wechat,
  { access_token, rid }: { readonly access_token: string | Secret; readonly rid: string },
): Promise<RidInfo> {
  const endpoint = 'getRidInfo'
  checkText('rid', rid, /^[0-9A-Za-z-]{1,64}$/)
  const reply = await wechat.call({
    endpoint,
    method: 'POST',
    path: '/cgi-bin/openapi/rid/get',
    query: { access_token: checkCredential('access_token', access_token) },
    body: { rid },
  })
  const request = readObject(endpoint, reply, 'request')
  return {
    invoke_time: numberOrZero(request.invoke_time),
    cost_in_ms: numberOrZero(request.cost_in_ms),
    request_url: secret(textOrEmpty(request.request_url)),
    request_body: secret(textOrEmpty(request.request_body)),
    response_body: secret(textOrEmpty(request.response_body)),
    client_ip: textOrEmpty(request.client_ip),
  }
}
