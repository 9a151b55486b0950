import { findHexCode } from '../world/hex-code.ts'
import { openidOf } from '../world/identity.ts'
import { watermarkOf } from '../world/open-data.ts'
import { phoneNumberOf } from '../world/phone-number.ts'
import { spendQuota } from '../world/quota.ts'
import { byAccessToken } from './by-access-token.ts'
import { bodyErrcodes, errcode, fact, tokenErrcodes } from './doc.ts'
import type { Endpoint } from './endpoint.ts'
import { readJson } from './read-json.ts'

/** `POST /wxa/business/getuserphonenumber` (getPhoneNumber): the number behind a phone code. */
export const getuserphonenumber: Endpoint = {
  path: '/wxa/business/getuserphonenumber',
  family: 'business',
  doc: {
    name: 'getPhoneNumber',
    host: 'api.weixin.qq.com',
    methods: ['POST'],
    credential: 'access_token',
    does: {
      en: 'Exchanges the code of a phone button for the number.',
      zh: '用手机号按钮返回的 code 换取手机号。',
    },
    facts: [
      fact(
        'lifetime',
        'documented',
        'A code lives 5 minutes, is good once, and for its own app alone. It is not the code of `wx.login`.',
        'code 有效期 5 分钟，只能用一次，且只属于本应用；它不是 `wx.login` 的 code。',
      ),
      fact(
        'request',
        'documented',
        'With `openid` the code has to be of that person.',
        '传入 `openid` 时校验 code 是否属于该用户。',
      ),
      fact(
        'answer',
        'documented',
        '`countryCode` is text in the table of the page and a number in its sample; the switch `country_code_type` chooses.',
        '文档表格中 `countryCode` 为字符串，示例中为数字；由开关 `country_code_type` 选择。',
      ),
      fact(
        'answer',
        'assumed',
        '`phoneNumber` of a number from abroad begins with `+` and the country code.',
        '境外号码的 `phoneNumber` 以 `+` 和区号开头。',
      ),
      fact('rule', 'assumed', 'Success alone spends a code.', '只有成功才会消耗 code。'),
    ],
    errcodes: [
      ...tokenErrcodes,
      errcode(
        48001,
        'documented',
        "The account is a person's: the switch `personal_account`.",
        '个人主体账号：开关 `personal_account`。',
      ),
      ...bodyErrcodes,
      errcode(
        40029,
        'documented',
        'The code is missing, unknown, used, expired, of `wx.login` or of another app.',
        'code 缺失、不存在、已使用、已过期、来自 `wx.login` 或属于其他应用。',
      ),
      errcode(
        40029,
        'assumed',
        'The code is of another openid; 40003 by the switch `phone_openid_mismatch_errcode`.',
        'code 属于其他 openid；可用开关 `phone_openid_mismatch_errcode` 改为 40003。',
      ),
      errcode(
        45011,
        'documented',
        'The quota of this minute is used up.',
        '本分钟调用次数已用完。',
      ),
    ],
  },
  answer: byAccessToken(
    { method: 'POST', kinds: ['mini_program'] },
    (world, request, { ok, fail }, app) => {
      if (app.switches.personal_account) return fail(48001)
      const body = readJson(request)
      if (typeof body === 'number') return fail(body)
      const { code: text = '', openid = '' } = body
      if (typeof text !== 'string' || typeof openid !== 'string') return fail(47001)
      const code = findHexCode(world, 'phone', text)
      const person = world.people.get(code?.personId ?? '')
      const number = person && phoneNumberOf(person)
      if (!code || code.appid !== app.appid || !number) return fail(40029)
      if (openid !== '' && openid !== openidOf(code.personId, app.appid)) {
        return fail(app.switches.phone_openid_mismatch_errcode)
      }
      const spent = spendQuota(world, app, 'getuserphonenumber_per_minute')
      if (spent !== 'spent') return fail(spent)

      code.used = true
      const { countryCode } = number
      const isNumber = app.switches.country_code_type === 'number'
      return ok({
        errcode: 0,
        errmsg: 'ok',
        phone_info: {
          ...number,
          countryCode: isNumber ? Number(countryCode) : countryCode,
          watermark: watermarkOf(world, app.appid),
        },
      })
    },
  ),
}
