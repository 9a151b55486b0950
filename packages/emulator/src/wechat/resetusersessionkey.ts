import { spendQuota } from '../world/quota.ts'
import { resetSessionKey } from '../world/session-key.ts'
import { byAccessToken } from './by-access-token.ts'
import { checkSignature } from './by-signature.ts'
import { errcode, fact, signatureErrcodes, tokenErrcodes } from './doc.ts'
import type { Endpoint } from './endpoint.ts'

/** `GET /wxa/resetusersessionkey` (ResetUserSessionKey): another session_key. */
export const resetusersessionkey: Endpoint = {
  path: '/wxa/resetusersessionkey',
  family: 'cgi',
  doc: {
    name: 'ResetUserSessionKey',
    host: 'api.weixin.qq.com',
    methods: ['GET'],
    credential: 'access_token_and_signature',
    does: {
      en: 'Replaces the session_key of a person.',
      zh: '重置用户的 session_key。',
    },
    facts: [
      fact(
        'lifetime',
        'documented',
        'The old key is dead at once. The new one ends when the old one would have.',
        '旧的 session_key 立即失效；新的沿用原有的到期时间。',
      ),
      fact('quota', 'documented', '60,000 a minute for an app.', '每个应用每分钟 6 万次。'),
      fact(
        'request',
        'documented',
        '`signature` as in `/wxa/checksession`, with the old key.',
        '`signature` 与 `/wxa/checksession` 相同，用旧的 session_key 计算。',
      ),
    ],
    errcodes: [
      ...tokenErrcodes,
      errcode(43001, 'assumed', 'The request is no GET.', '请求不是 GET。'),
      ...signatureErrcodes,
      errcode(
        45011,
        'documented',
        'The quota of this minute is used up.',
        '本分钟调用次数已用完。',
      ),
    ],
  },
  answer: byAccessToken(
    { method: 'GET', kinds: ['mini_program'] },
    (world, request, { ok, fail }, app) => {
      const signed = checkSignature(world, app, request)
      if (typeof signed === 'number') return fail(signed)
      const spent = spendQuota(world, app, 'resetusersessionkey_per_minute')
      if (spent !== 'spent') return fail(spent)
      resetSessionKey(world, signed.membership)
      return ok({
        errcode: 0,
        errmsg: 'ok',
        openid: signed.openid,
        session_key: signed.membership.sessionKey,
      })
    },
  ),
}
