import { findRid } from '../world/rid.ts'
import { byAccessToken } from './by-access-token.ts'
import { anyTokenErrcodes, bodyErrcodes, errcode, fact } from './doc.ts'
import type { Endpoint } from './endpoint.ts'
import { readJson } from './read-json.ts'

/** `POST /cgi-bin/openapi/rid/get` (getRidInfo): the request behind the rid of an errmsg. */
export const ridGet: Endpoint = {
  path: '/cgi-bin/openapi/rid/get',
  family: 'cgi',
  doc: {
    name: 'getRidInfo',
    host: 'api.weixin.qq.com',
    methods: ['POST'],
    credential: 'access_token',
    does: {
      en: 'Tells of the request whose errmsg ends in a rid.',
      zh: '查询 errmsg 末尾 rid 对应的请求。',
    },
    facts: [
      fact('lifetime', 'seen', 'A rid is known for 7 days.', 'rid 保留 7 天。'),
      fact(
        'answer',
        'assumed',
        'Values that could be secrets are masked; `cost_in_ms` is 0.',
        '可能是机密的值会被遮盖；`cost_in_ms` 为 0。',
      ),
    ],
    errcodes: [
      ...anyTokenErrcodes,
      ...bodyErrcodes,
      errcode(76001, 'seen', 'There is no such rid.', 'rid 不存在。'),
      errcode(76002, 'seen', 'rid is missing or has another form.', 'rid 为空或格式错误。'),
      errcode(76003, 'seen', 'The rid is of another account.', 'rid 属于其他账号。'),
      errcode(76004, 'seen', 'The rid is older than 7 days.', 'rid 超过 7 天。'),
    ],
  },
  answer: byAccessToken({ method: 'POST' }, (world, request, { ok, fail }, app) => {
    const body = readJson(request)
    if (typeof body === 'number') return fail(body)
    const { rid } = body
    if (typeof rid !== 'string' || !/^[0-9a-f]{8}(-[0-9a-f]{8}){2}$/.test(rid)) return fail(76002)
    const found = findRid(world, rid)
    if (found === 'unknown') return fail(76001)
    if (found === 'too_old') return fail(76004)
    if (found.appid !== app.appid) return fail(76003)
    const { requestBody } = found
    return ok({
      errcode: 0,
      errmsg: 'ok',
      request: {
        invoke_time: Math.floor(found.issuedAtMs / 1000),
        cost_in_ms: 0,
        request_url: new URLSearchParams(found.query).toString(),
        request_body: typeof requestBody === 'string' ? requestBody : JSON.stringify(requestBody),
        response_body: found.responseBody,
        client_ip: found.clientIp,
      },
    })
  }),
}
