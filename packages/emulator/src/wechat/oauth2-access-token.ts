import { beginGrant, openidOfGrant, unionidOfGrant, userTokenTtlSeconds } from '../world/grant.ts'
import { spendQuota } from '../world/quota.ts'
import { findWebCode } from '../world/web-code.ts'
import { errcode, fact } from './doc.ts'
import type { Endpoint } from './endpoint.ts'
import { readParameters } from './read-parameters.ts'

/** `GET /sns/oauth2/access_token`: what the code of a page stands for. */
export const oauth2AccessToken: Endpoint = {
  path: '/sns/oauth2/access_token',
  family: 'sns',
  doc: {
    name: 'oauth2/access_token',
    host: 'api.weixin.qq.com',
    methods: ['GET', 'POST'],
    credential: 'appid_and_secret',
    does: {
      en: 'Exchanges the code of a page for the access_token, refresh_token and openid of a person.',
      zh: '用网页授权的 code 换取用户的 access_token、refresh_token 和 openid。',
    },
    facts: [
      fact(
        'lifetime',
        'documented',
        'The access_token lives 7200 seconds, the refresh_token 30 days.',
        'access_token 有效期 7200 秒，refresh_token 有效期 30 天。',
      ),
      fact('quota', 'documented', '50,000 a minute.', '每分钟 5 万次。'),
      fact(
        'answer',
        'documented',
        '`unionid` comes with `snsapi_userinfo` or `snsapi_login`, under an Open Platform account.',
        '绑定开放平台且 scope 为 `snsapi_userinfo` 或 `snsapi_login` 时返回 `unionid`。',
      ),
      fact(
        'answer',
        'documented',
        '`is_snapshotuser` is 1 for the visitor of a snapshot page, whose openid and unionid are virtual: the switch `snapshot_user`, or `forceSnapShot=true` in the authorize URL.',
        '快照页访客返回 `is_snapshotuser` 为 1，openid 和 unionid 为虚拟值：开关 `snapshot_user`，或授权链接带 `forceSnapShot=true`。',
      ),
      fact(
        'rule',
        'seen',
        'A new authorization may void earlier refresh tokens: the switch `refresh_tokens_voided`.',
        '新的授权可能使之前的 refresh_token 失效：开关 `refresh_tokens_voided`。',
      ),
      fact(
        'request',
        'assumed',
        'Parameters count in the query and in the form of a POST.',
        '参数可放在 query 中，也可放在 POST 表单中。',
      ),
    ],
    errcodes: [
      errcode(
        40029,
        'documented',
        'The code is unknown, expired or of another app.',
        'code 不存在、已过期或属于其他应用。',
      ),
      errcode(40163, 'documented', 'The code was used before.', 'code 已被使用。'),
      errcode(40013, 'documented', 'There is no such appid.', 'appid 不存在。'),
      errcode(40125, 'documented', 'The secret is wrong.', 'AppSecret 错误。'),
      errcode(
        40164,
        'assumed',
        'The caller is not on the IP whitelist.',
        '调用方 IP 不在白名单中。',
      ),
      errcode(40243, 'documented', 'The secret is frozen.', 'AppSecret 已被冻结。'),
      errcode(45011, 'assumed', 'The quota of this minute is used up.', '本分钟的调用次数已用完。'),
      errcode(40002, 'documented', 'grant_type is another.', 'grant_type 不正确。'),
      errcode(41002, 'documented', 'appid is missing.', '缺少 appid。'),
      errcode(41004, 'documented', 'secret is missing.', '缺少 secret。'),
      errcode(41008, 'documented', 'code is missing.', '缺少 code。'),
    ],
  },
  answer(world, request, { ok, fail }) {
    const { appid, secret, code: codeText, grant_type } = readParameters(request)
    if (!appid) return fail(41002)
    if (!secret) return fail(41004)
    if (!codeText) return fail(41008)
    if (grant_type !== 'authorization_code') return fail(40002)
    const app = world.apps.get(appid)
    if (!app || app.kind === 'mini_program') return fail(40013)
    const { switches } = app
    if (switches.ip_whitelist?.includes(request.callerIp) === false) {
      return fail(switches.ip_refused_errcode)
    }
    if (app.secret !== secret) return fail(40125)
    if (switches.secret_frozen) return fail(40243)
    const code = findWebCode(world, codeText)
    if (code?.used) return fail(switches.second_use_errcode)
    if (code?.appid !== appid) return fail(40029)
    const spent = spendQuota(world, app, 'oauth2_access_token_per_minute')
    if (spent !== 'spent') return fail(spent)

    code.used = true
    const grant = beginGrant(world, app, code)
    const unionid = code.scope === 'snsapi_base' ? null : unionidOfGrant(grant, app)
    return ok({
      access_token: grant.accessToken,
      expires_in: userTokenTtlSeconds,
      refresh_token: grant.refreshToken,
      openid: openidOfGrant(grant),
      scope: grant.scope,
      ...(grant.snapshot && { is_snapshotuser: 1 }),
      ...(unionid !== null && { unionid }),
    })
  },
}
