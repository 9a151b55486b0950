import { unionidOf } from '../world/identity.ts'
import { findPayment } from '../world/payment.ts'
import { byAccessToken } from './by-access-token.ts'
import { findMember } from './by-signature.ts'
import { errcode, fact, tokenErrcodes } from './doc.ts'
import type { Endpoint } from './endpoint.ts'

/** `GET /wxa/getpaidunionid` (getPaidUnionid): the unionid of somebody who has just paid. */
export const getpaidunionid: Endpoint = {
  path: '/wxa/getpaidunionid',
  family: 'cgi',
  doc: {
    name: 'getPaidUnionid',
    host: 'api.weixin.qq.com',
    methods: ['GET'],
    credential: 'access_token',
    does: {
      en: 'Gives the unionid of a person who has just paid.',
      zh: '用户支付后获取其 unionid。',
    },
    facts: [
      fact('lifetime', 'documented', 'For 5 minutes after the payment.', '支付后 5 分钟内有效。'),
      fact(
        'request',
        'documented',
        'openid, and either transaction_id or mch_id with out_trade_no.',
        'openid，以及 transaction_id，或 mch_id 加 out_trade_no。',
      ),
      fact('request', 'assumed', 'With none of them it answers 89300.', '都不传时返回 89300。'),
    ],
    errcodes: [
      ...tokenErrcodes,
      errcode(43001, 'assumed', 'The request is no GET.', '请求不是 GET。'),
      errcode(
        40003,
        'documented',
        'openid is missing, or nobody of this app.',
        '缺少 openid，或不属于本应用。',
      ),
      errcode(
        89002,
        'documented',
        'The app is outside any Open Platform account.',
        '应用没有绑定开放平台账号。',
      ),
      errcode(
        89300,
        'documented',
        'This person made no such payment in this app in the last 5 minutes.',
        '最近 5 分钟内该用户在本应用没有这笔支付。',
      ),
    ],
  },
  answer: byAccessToken(
    { method: 'GET', kinds: ['mini_program'] },
    (world, { query }, { ok, fail }, app) => {
      const personId = findMember(world, app, query.get('openid') ?? '')
      if (personId === undefined) return fail(40003)
      if (app.open_platform === null) return fail(89002)
      const payment = findPayment(world, {
        transaction_id: query.get('transaction_id') ?? '',
        mch_id: query.get('mch_id') ?? '',
        out_trade_no: query.get('out_trade_no') ?? '',
      })
      const isTheirs = payment?.appid === app.appid && payment.personId === personId
      if (!isTheirs) return fail(89300)
      return ok({ errcode: 0, errmsg: 'ok', unionid: unionidOf(personId, app.open_platform) })
    },
  ),
}
