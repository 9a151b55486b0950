import { isAmong } from '../world/app.ts'
import type { App } from '../world/app.ts'
import { openidOf, unionidOf } from '../world/identity.ts'
import { findLoginCode } from '../world/login-code.ts'
import type { LoginCode } from '../world/login-code.ts'
import { spendQuota } from '../world/quota.ts'
import { findMembership, useSessionKey } from '../world/session-key.ts'
import type { World } from '../world/world.ts'
import type { Endpoint, EndpointDoc, Replies, WeChatReply, WeChatRequest } from './endpoint.ts'

/**
 * `GET /sns/jscode2session` (code2Session): what a login code stands for.
 *
 * Only the query counts, whatever the method: parameters sent in a body are missing (41002), as
 * they are at WeChat. A code is spent by success alone. The order of the checks is inferred from
 * what developers were answered; WeChat documents none.
 */
function exchange(world: World, request: WeChatRequest, replies: Replies): WeChatReply {
  const { ok, fail } = replies
  const { query } = request
  const appid = query.get('appid')
  const secret = query.get('secret')
  const jsCode = query.get('js_code')
  const app = world.apps.get(appid ?? '')

  if (!appid) return fail(41002)
  if (!secret) return fail(41004)
  if (!jsCode) return fail(41008)
  if (query.get('grant_type') !== 'authorization_code') return fail(40002)
  if (!app) return fail(40013)
  if (app.switches.ip_whitelist?.includes(request.callerIp) === false) {
    return fail(app.switches.ip_refused_errcode)
  }
  if (app.secret !== secret) return fail(40125)
  if (app.switches.secret_frozen) return fail(40243)
  const code = findLoginCode(world, jsCode)
  if (code?.used) return fail(app.switches.second_use_errcode)
  if (!code || code.appid !== appid || isVoid(world, app, code)) return fail(40029)
  if (isAmong(app.switches.blocked, code.personId)) return fail(40226)
  const spent = spendQuota(world, app, 'jscode2session_per_minute')
  if (spent !== 'spent') return fail(spent)

  code.used = true
  return ok({
    session_key: useSessionKey(world, app, code.personId),
    ...(app.switches.legacy_expires_in && { expires_in: 7200 }),
    openid: openidOf(code.personId, appid),
    ...(app.open_platform !== null && { unionid: unionidOf(code.personId, app.open_platform) }),
    ...(app.switches.success_errcode && { errcode: 0, errmsg: 'ok' }),
  })
}

function isVoid(world: World, app: App, code: LoginCode): boolean {
  return code.serial < (findMembership(world, app, code.personId)?.codesVoidBefore ?? 0)
}

const doc: EndpointDoc = {
  name: 'code2Session',
  host: 'api.weixin.qq.com',
  methods: ['GET'],
  credential: 'appid_and_secret',
  does: {
    en: 'Exchanges the code of `wx.login` for openid, session_key and, under an Open Platform account, unionid.',
    zh: '用 `wx.login` 的 code 换取 openid、session_key；绑定了开放平台账号时还有 unionid。',
  },
  facts: [
    {
      about: 'lifetime',
      text: {
        en: 'A code lives 5 minutes, is good for one exchange, and for its own app alone.',
        zh: 'code 有效期 5 分钟，只能用一次，且只属于本应用。',
      },
      sure: 'documented',
    },
    {
      about: 'quota',
      text: { en: 'A quota for each minute.', zh: '按分钟限频。' },
      sure: 'documented',
    },
    {
      about: 'answer',
      text: {
        en: 'Success carries no errcode; the JSON comes as `text/plain`.',
        zh: '成功时不带 errcode；JSON 以 `text/plain` 返回。',
      },
      sure: 'seen',
    },
    {
      about: 'request',
      text: {
        en: 'Parameters in a form body count as missing. Any method is answered.',
        zh: '表单中的参数视为缺失。任何请求方法都会应答。',
      },
      sure: 'assumed',
    },
  ],
  errcodes: [
    {
      errcode: 40029,
      when: {
        en: 'The code is unknown, expired or of another app.',
        zh: 'code 不存在、已过期或属于其他应用。',
      },
      sure: 'documented',
    },
    {
      errcode: 40163,
      when: { en: 'The code was used before.', zh: 'code 已被使用。' },
      sure: 'seen',
    },
    {
      errcode: 40226,
      when: { en: 'WeChat holds the person for a risk.', zh: '高风险用户被拦截。' },
      sure: 'documented',
    },
    {
      errcode: 45011,
      when: { en: 'The quota of this minute is used up.', zh: '本分钟的调用次数已用完。' },
      sure: 'documented',
    },
    {
      errcode: 40013,
      when: { en: 'There is no such appid.', zh: 'appid 不存在。' },
      sure: 'seen',
    },
    {
      errcode: 40125,
      when: { en: 'The secret is wrong.', zh: 'AppSecret 错误。' },
      sure: 'seen',
    },
    {
      errcode: 40164,
      when: { en: 'The caller is not on the IP whitelist.', zh: '调用方 IP 不在白名单中。' },
      sure: 'seen',
    },
    {
      errcode: 40243,
      when: { en: 'The secret is frozen.', zh: 'AppSecret 已被冻结。' },
      sure: 'documented',
    },
    {
      errcode: 40002,
      when: { en: 'grant_type is another.', zh: 'grant_type 不正确。' },
      sure: 'assumed',
    },
    { errcode: 41002, when: { en: 'appid is missing.', zh: '缺少 appid。' }, sure: 'seen' },
    { errcode: 41004, when: { en: 'secret is missing.', zh: '缺少 secret。' }, sure: 'seen' },
    { errcode: 41008, when: { en: 'js_code is missing.', zh: '缺少 js_code。' }, sure: 'seen' },
  ],
}

export const jscode2session: Endpoint = {
  path: '/sns/jscode2session',
  family: 'sns',
  doc,
  answer: exchange,
}
