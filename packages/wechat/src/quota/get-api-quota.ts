import { checkCredential, checkText } from '../parameters.ts'
import type { Secret } from '../secret.ts'
import { isFields, numberOrZero, readNumber, readObject } from '../transport/read-fields.ts'
import type { Wechat } from '../wechat.ts'

export interface RateLimit {
  /** Calls within `refresh_second`. */
  readonly call_count: number
  readonly refresh_second: number
}

export interface ApiQuota {
  /** Calls a day. */
  readonly quota: { readonly daily_limit: number; readonly used: number; readonly remain: number }
  readonly rate_limit?: RateLimit
  /** For third-party platforms. */
  readonly component_rate_limit?: RateLimit
}

/**
 * Tells how much of an API's quota is left.
 *
 * @param params.cgi_path As it stands in the URL, for example `/wxa/getwxacodeunlimit`.
 * @throws {@link WechatInputError} When a parameter is malformed; nothing was sent.
 * @throws {@link WechatError} When WeChat answers an `errcode`: 76021, 76022, those of
 *   access_tokens.
 * @throws {@link WechatTransportError} When there is no answer that can be used.
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/openApi-mgnt/getApiQuota.html
 */
export async function getApiQuota(
  wechat: Wechat,
  params: { readonly access_token: string | Secret; readonly cgi_path: string },
): Promise<ApiQuota> {
  const endpoint = 'getApiQuota'
  const { access_token, cgi_path } = params
  checkText('cgi_path', cgi_path, /^\/[\w/.-]{1,255}$/)
  const reply = await wechat.call({
    endpoint,
    method: 'POST',
    path: '/cgi-bin/openapi/quota/get',
    query: { access_token: checkCredential('access_token', access_token) },
    body: { cgi_path },
  })
  const quota = readObject(endpoint, reply, 'quota')
  const { rate_limit, component_rate_limit } = reply
  return {
    quota: {
      daily_limit: readNumber(endpoint, quota, 'daily_limit'),
      used: readNumber(endpoint, quota, 'used'),
      remain: readNumber(endpoint, quota, 'remain'),
    },
    ...(isFields(rate_limit) && { rate_limit: readRate(rate_limit) }),
    ...(isFields(component_rate_limit) && {
      component_rate_limit: readRate(component_rate_limit),
    }),
  }
}

function readRate(limit: Readonly<Record<string, unknown>>): RateLimit {
  return {
    call_count: numberOrZero(limit.call_count),
    refresh_second: numberOrZero(limit.refresh_second),
  }
}
