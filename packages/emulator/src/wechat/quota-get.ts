import { quotas, quotaState } from '../world/quota.ts'
import { byAccessToken } from './by-access-token.ts'
import { checkCgiPath } from './cgi-path.ts'
import { anyTokenErrcodes, bodyErrcodes, errcode, fact } from './doc.ts'
import type { Endpoint } from './endpoint.ts'
import { readJson } from './read-json.ts'

/** `POST /cgi-bin/openapi/quota/get` (getApiQuota): what is left of an API's quota. */
export const quotaGet: Endpoint = {
  path: '/cgi-bin/openapi/quota/get',
  family: 'cgi',
  doc: {
    name: 'getApiQuota',
    host: 'api.weixin.qq.com',
    methods: ['POST'],
    credential: 'access_token',
    does: {
      en: 'Says what an app has used of the quota of one API today.',
      zh: '查询应用当天某个接口的调用额度。',
    },
    facts: [
      fact(
        'answer',
        'seen',
        '`quota` is of the day, `rate_limit` of the minute.',
        '`quota` 为当天额度，`rate_limit` 为每分钟频率限制。',
      ),
      fact(
        'answer',
        'assumed',
        'Where there is no limit of the day, all of `quota` is 0.',
        '没有每日限制时，`quota` 各项均为 0。',
      ),
    ],
    errcodes: [
      ...anyTokenErrcodes,
      ...bodyErrcodes,
      errcode(76021, 'seen', 'cgi_path is no path with a quota.', 'cgi_path 不存在。'),
      errcode(76022, 'seen', 'The account may not call that path.', '该账号无权调用此接口。'),
    ],
  },
  answer: byAccessToken({ method: 'POST' }, (world, request, { ok, fail }, app) => {
    const body = readJson(request)
    if (typeof body === 'number') return fail(body)
    const asked = checkCgiPath(app, body)
    if (typeof asked === 'number') return fail(asked)

    const per = (window: 'day' | 'minute') => {
      const name = asked.names.find((each) => quotas[each].per === window)
      const state = name && quotaState(world, app, name)
      return state && Number.isFinite(state.limit) ? state : undefined
    }
    const [day, minute] = [per('day'), per('minute')]
    return ok({
      errcode: 0,
      errmsg: 'ok',
      quota: {
        daily_limit: day?.limit ?? 0,
        used: day?.used ?? 0,
        remain: Math.max(0, day?.remain ?? 0),
      },
      ...(minute && { rate_limit: { call_count: minute.limit, refresh_second: 60 } }),
    })
  }),
}
