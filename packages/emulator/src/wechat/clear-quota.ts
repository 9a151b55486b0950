import { clearQuotas, spendQuota } from '../world/quota.ts'
import { byAccessToken } from './by-access-token.ts'
import { anyTokenErrcodes, bodyErrcodes, errcode, fact } from './doc.ts'
import type { Endpoint } from './endpoint.ts'
import { readJson } from './read-json.ts'

/** `POST /cgi-bin/clear_quota` (clearQuota): every count of the app begins anew. */
export const clearQuota: Endpoint = {
  path: '/cgi-bin/clear_quota',
  family: 'cgi',
  doc: {
    name: 'clearQuota',
    host: 'api.weixin.qq.com',
    methods: ['POST'],
    credential: 'access_token',
    does: {
      en: 'Resets what an app has used of all its quotas.',
      zh: '重置应用全部接口的调用次数。',
    },
    facts: [
      fact(
        'quota',
        'documented',
        '10 a month, together with `/cgi-bin/clear_quota/v2`.',
        '每月 10 次，与 `/cgi-bin/clear_quota/v2` 共用。',
      ),
    ],
    errcodes: [
      ...anyTokenErrcodes,
      ...bodyErrcodes,
      errcode(41002, 'documented', 'appid is missing.', '缺少 appid。'),
      errcode(
        40013,
        'documented',
        'appid is not that of the token.',
        'appid 与 access_token 不符。',
      ),
      errcode(48006, 'documented', 'The 10 of this month are used up.', '本月 10 次已用完。'),
    ],
  },
  answer: byAccessToken({ method: 'POST' }, (world, request, { ok, fail }, app) => {
    const body = readJson(request)
    if (typeof body === 'number') return fail(body)
    if (typeof body.appid !== 'string' || body.appid === '') return fail(41002)
    if (body.appid !== app.appid) return fail(40013)
    const spent = spendQuota(world, app, 'clear_quota_per_month')
    if (spent !== 'spent') return fail(spent)
    clearQuotas(app)
    return ok({ errcode: 0, errmsg: 'ok' })
  }),
}
