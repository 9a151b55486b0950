import { clearQuotas, spendQuota } from '../world/quota.ts'
import { checkMethod } from './by-access-token.ts'
import { bodyErrcodes, errcode, fact } from './doc.ts'
import type { Endpoint } from './endpoint.ts'
import { readJson } from './read-json.ts'

/** `POST /cgi-bin/clear_quota/v2` (clearQuotaByAppSecret): the same without an access_token. */
export const clearQuotaV2: Endpoint = {
  path: '/cgi-bin/clear_quota/v2',
  family: 'cgi',
  doc: {
    name: 'clearQuotaByAppSecret',
    host: 'api.weixin.qq.com',
    methods: ['POST'],
    credential: 'appid_and_secret',
    does: {
      en: 'Resets what an app has used of all its quotas, even when it has no token.',
      zh: '用 AppSecret 重置应用全部接口的调用次数，无需 access_token。',
    },
    facts: [
      fact(
        'quota',
        'documented',
        '10 a month, together with `/cgi-bin/clear_quota`.',
        '每月 10 次，与 `/cgi-bin/clear_quota` 共用。',
      ),
    ],
    errcodes: [
      ...bodyErrcodes,
      errcode(41002, 'documented', 'appid is missing.', '缺少 appid。'),
      errcode(41004, 'documented', 'appsecret is missing.', '缺少 appsecret。'),
      errcode(40013, 'documented', 'There is no such appid.', 'appid 不存在。'),
      errcode(40125, 'assumed', 'The secret is wrong.', 'AppSecret 错误。'),
      errcode(48006, 'documented', 'The 10 of this month are used up.', '本月 10 次已用完。'),
    ],
  },
  answer(world, request, { ok, fail }) {
    const refused = checkMethod(request, 'POST')
    if (refused !== 'fine') return fail(refused)
    const body = readJson(request)
    if (typeof body === 'number') return fail(body)
    const { appid, appsecret } = body
    if (typeof appid !== 'string' || appid === '') return fail(41002)
    if (typeof appsecret !== 'string' || appsecret === '') return fail(41004)
    const app = world.apps.get(appid)
    if (!app) return fail(40013)
    if (app.secret !== appsecret) return fail(40125)
    const spent = spendQuota(world, app, 'clear_quota_per_month')
    if (spent !== 'spent') return fail(spent)
    clearQuotas(app)
    return ok({ errcode: 0, errmsg: 'ok' })
  },
}
