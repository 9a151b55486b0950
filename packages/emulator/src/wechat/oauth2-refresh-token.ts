import { isGrantAlive, openidOfGrant, refreshGrant, userTokenTtlSeconds } from '../world/grant.ts'
import { spendQuota } from '../world/quota.ts'
import { errcode, fact } from './doc.ts'
import type { Endpoint } from './endpoint.ts'
import { readParameters } from './read-parameters.ts'

/** `GET /sns/oauth2/refresh_token`: the access_token of a person anew. */
export const oauth2RefreshToken: Endpoint = {
  path: '/sns/oauth2/refresh_token',
  family: 'sns',
  doc: {
    name: 'oauth2/refresh_token',
    host: 'api.weixin.qq.com',
    methods: ['GET', 'POST'],
    credential: 'refresh_token',
    does: {
      en: 'Gives the access_token of a person anew.',
      zh: '刷新用户的 access_token。',
    },
    facts: [
      fact(
        'rule',
        'documented',
        'An access_token that has not expired stays, and lives 7200 seconds from now.',
        '未过期的 access_token 不变，有效期重新计为 7200 秒。',
      ),
      fact(
        'lifetime',
        'documented',
        'The refresh_token lives 30 days from the authorization.',
        'refresh_token 自授权起 30 天有效。',
      ),
      fact(
        'rule',
        'assumed',
        'It stays the same, and refreshing does not prolong it.',
        'refresh_token 不变，刷新也不会延长它的有效期。',
      ),
      fact('quota', 'documented', '50,000 a minute.', '每分钟 5 万次。'),
    ],
    errcodes: [
      errcode(
        40030,
        'documented',
        'The refresh_token is unknown, void or of another app.',
        'refresh_token 不存在、已作废或属于其他应用。',
      ),
      errcode(42002, 'documented', 'The refresh_token has expired.', 'refresh_token 已过期。'),
      errcode(40013, 'documented', 'There is no such appid.', 'appid 不存在。'),
      errcode(45011, 'assumed', 'The quota of this minute is used up.', '本分钟的调用次数已用完。'),
      errcode(40002, 'documented', 'grant_type is another.', 'grant_type 不正确。'),
      errcode(41002, 'documented', 'appid is missing.', '缺少 appid。'),
      errcode(41003, 'documented', 'refresh_token is missing.', '缺少 refresh_token。'),
    ],
  },
  answer(world, request, { ok, fail }) {
    const { appid, refresh_token, grant_type } = readParameters(request)
    if (!appid) return fail(41002)
    if (!refresh_token) return fail(41003)
    if (grant_type !== 'refresh_token') return fail(40002)
    const app = world.apps.get(appid)
    if (!app) return fail(40013)
    const grant = world.grants.get(refresh_token)
    if (!grant || grant.appid !== appid || grant.voided) return fail(40030)
    if (!isGrantAlive(world, grant)) return fail(42002)
    const spent = spendQuota(world, app, 'oauth2_refresh_token_per_minute')
    if (spent !== 'spent') return fail(spent)

    refreshGrant(world, grant)
    return ok({
      access_token: grant.accessToken,
      expires_in: userTokenTtlSeconds,
      refresh_token: grant.refreshToken,
      openid: openidOfGrant(grant),
      scope: grant.scope,
    })
  },
}
