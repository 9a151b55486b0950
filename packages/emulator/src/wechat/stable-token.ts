import { forceToken, isForceDue, keepToken } from '../world/access-token.ts'
import { nowMs } from '../world/clock.ts'
import { spendQuota } from '../world/quota.ts'
import { checkCredentials } from './by-secret.ts'
import { checkMethod } from './by-access-token.ts'
import { bodyErrcodes, credentialErrcodes, errcode, fact } from './doc.ts'
import type { Endpoint } from './endpoint.ts'
import { readJson } from './read-json.ts'

/** `POST /cgi-bin/stable_token` (getStableAccessToken): the same access_token to everybody. */
export const stableToken: Endpoint = {
  path: '/cgi-bin/stable_token',
  family: 'cgi',
  doc: {
    name: 'getStableAccessToken',
    host: 'api.weixin.qq.com',
    methods: ['POST'],
    credential: 'appid_and_secret',
    does: {
      en: 'Gives an app its access_token: the same one until 5 minutes before its end.',
      zh: '获取应用的 access_token：到期前 5 分钟之前一直是同一个。',
    },
    facts: [
      fact(
        'lifetime',
        'documented',
        'A token lives 7200 seconds at most, and `expires_in` is what is left of them. In its last 5 minutes the next one is given out, and both work.',
        'access_token 最长有效 7200 秒，`expires_in` 为剩余时间；最后 5 分钟内签发下一个，新旧都可用。',
      ),
      fact(
        'rule',
        'documented',
        '`force_refresh` makes a new token and ends the one before, 20 times a day; within 30 seconds of the last time it makes none.',
        '`force_refresh` 强制签发新的并使旧的失效，每天 20 次；距上次不足 30 秒时不签发。',
      ),
      fact(
        'rule',
        'assumed',
        'A forced refresh ends the older tokens at once. Clearing quotas leaves its count as it is.',
        '强制刷新使旧凭证立即失效；清空配额不影响它的计数。',
      ),
      fact(
        'quota',
        'documented',
        '10,000 a minute, 500,000 a day.',
        '每分钟 1 万次，每天 50 万次。',
      ),
      fact(
        'request',
        'documented',
        'Parameters are read from a JSON body alone.',
        '参数只从 JSON 请求体读取。',
      ),
      fact('answer', 'documented', 'Success carries no errcode.', '成功时不带 errcode。'),
    ],
    errcodes: [
      ...bodyErrcodes,
      ...credentialErrcodes,
      errcode(
        45009,
        'documented',
        'The quota of the day is used up, or that of forced refreshes.',
        '当日调用次数或强制刷新次数已用完。',
      ),
      errcode(
        45011,
        'documented',
        'The quota of this minute is used up.',
        '本分钟调用次数已用完。',
      ),
    ],
  },
  answer(world, request, { ok, fail }) {
    const refused = checkMethod(request, 'POST')
    if (refused !== 'fine') return fail(refused)
    const body = readJson(request)
    if (typeof body === 'number') return fail(body)
    const { appid, secret, grant_type: grantType, force_refresh: force = false } = body
    const app = checkCredentials(world, request, { appid, secret, grantType })
    if (typeof app === 'number') return fail(app)
    if (typeof force !== 'boolean') return fail(47001)

    const isForced = force && isForceDue(world, app)
    const spent = spendQuota(
      world,
      app,
      'stable_token_per_minute',
      'stable_token_per_day',
      ...(isForced ? (['force_refresh_per_day'] as const) : []),
    )
    if (spent !== 'spent') return fail(spent)
    const { text, expiresAtMs } = isForced ? forceToken(world, app) : keepToken(world, app)
    return ok({
      access_token: text,
      expires_in: Math.floor((expiresAtMs - nowMs(world)) / 1000),
    })
  },
}
