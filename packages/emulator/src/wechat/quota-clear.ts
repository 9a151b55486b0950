import { clearQuotas, spendQuota } from '../world/quota.ts'
import { byAccessToken } from './by-access-token.ts'
import { checkCgiPath } from './cgi-path.ts'
import { anyTokenErrcodes, bodyErrcodes, errcode, fact } from './doc.ts'
import type { Endpoint } from './endpoint.ts'
import { readJson } from './read-json.ts'

/** `POST /cgi-bin/openapi/quota/clear` (clearApiQuota): the counts of one API begin anew. */
export const quotaClear: Endpoint = {
  path: '/cgi-bin/openapi/quota/clear',
  family: 'cgi',
  doc: {
    name: 'clearApiQuota',
    host: 'api.weixin.qq.com',
    methods: ['POST'],
    credential: 'access_token',
    does: {
      en: 'Resets what an app has used of the quota of one API.',
      zh: '重置应用某个接口的调用次数。',
    },
    facts: [
      fact(
        'quota',
        'assumed',
        'Counts with the 10 a month of `/cgi-bin/clear_quota`.',
        '与 `/cgi-bin/clear_quota` 共用每月 10 次。',
      ),
    ],
    errcodes: [
      ...anyTokenErrcodes,
      ...bodyErrcodes,
      errcode(76021, 'seen', 'cgi_path is no path with a quota.', 'cgi_path 不存在。'),
      errcode(76022, 'seen', 'The account may not call that path.', '该账号无权调用此接口。'),
      errcode(48006, 'documented', 'The 10 of this month are used up.', '本月 10 次已用完。'),
    ],
  },
  answer: byAccessToken({ method: 'POST' }, (world, request, { ok, fail }, app) => {
    const body = readJson(request)
    if (typeof body === 'number') return fail(body)
    const asked = checkCgiPath(app, body)
    if (typeof asked === 'number') return fail(asked)
    const spent = spendQuota(world, app, 'clear_quota_per_month')
    if (spent !== 'spent') return fail(spent)
    clearQuotas(app, asked.path)
    return ok({ errcode: 0, errmsg: 'ok' })
  }),
}
