import { issueToken } from '../world/access-token.ts'
import { spendQuota } from '../world/quota.ts'
import { checkCredentials } from './by-secret.ts'
import { checkMethod } from './by-access-token.ts'
import { credentialErrcodes, errcode, fact } from './doc.ts'
import type { Endpoint } from './endpoint.ts'

/** `GET /cgi-bin/token` (getAccessToken): a new access_token each time. */
export const token: Endpoint = {
  path: '/cgi-bin/token',
  family: 'cgi',
  doc: {
    name: 'getAccessToken',
    host: 'api.weixin.qq.com',
    methods: ['GET'],
    credential: 'appid_and_secret',
    does: {
      en: 'Gives an app a new access_token.',
      zh: '为应用签发新的 access_token。',
    },
    facts: [
      fact(
        'lifetime',
        'documented',
        'A token lives 7200 seconds at most. Each new one ends the one before, which works for 5 more minutes.',
        'access_token 最长有效 7200 秒；签发新的会使旧的失效，旧的还可再用 5 分钟。',
      ),
      fact('quota', 'documented', '2000 a day.', '每天 2000 次。'),
      fact(
        'rule',
        'documented',
        'These tokens and those of `/cgi-bin/stable_token` do not end each other.',
        '与 `/cgi-bin/stable_token` 的凭证互不影响。',
      ),
      fact('answer', 'documented', 'Success carries no errcode.', '成功时不带 errcode。'),
    ],
    errcodes: [
      errcode(43001, 'documented', 'The request is no GET.', '请求不是 GET。'),
      ...credentialErrcodes,
      errcode(45009, 'documented', 'The quota of the day is used up.', '当日调用次数已用完。'),
    ],
  },
  answer(world, request, { ok, fail }) {
    const refused = checkMethod(request, 'GET')
    if (refused !== 'fine') return fail(refused)
    const app = checkCredentials(world, request, {
      appid: request.query.get('appid'),
      secret: request.query.get('secret'),
      grantType: request.query.get('grant_type'),
    })
    if (typeof app === 'number') return fail(app)
    const spent = spendQuota(world, app, 'token_per_day')
    if (spent !== 'spent') return fail(spent)
    return ok({
      access_token: issueToken(world, app).text,
      expires_in: app.switches.access_token_ttl_seconds,
    })
  },
}
