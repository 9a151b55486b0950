import { findHexCode } from '../world/hex-code.ts'
import { openpidOf } from '../world/identity.ts'
import { spendQuota } from '../world/quota.ts'
import { byAccessToken } from './by-access-token.ts'
import { errcode, fact, tokenErrcodes } from './doc.ts'
import type { Endpoint } from './endpoint.ts'
import { readJson } from './read-json.ts'

/** `POST /wxa/getpluginopenpid` (getPluginOpenPId): who uses a plugin in a mini program. */
export const getpluginopenpid: Endpoint = {
  path: '/wxa/getpluginopenpid',
  family: 'cgi',
  doc: {
    name: 'getPluginOpenPId',
    host: 'api.weixin.qq.com',
    methods: ['POST'],
    credential: 'access_token',
    does: {
      en: "Exchanges the code of `wx.pluginLogin` for the person's openpid.",
      zh: '用 `wx.pluginLogin` 的 code 换取用户的 openpid。',
    },
    facts: [
      fact(
        'lifetime',
        'documented',
        'A code lives 5 minutes and is good once.',
        'code 有效期 5 分钟，只能用一次。',
      ),
      fact(
        'rule',
        'documented',
        'An openpid is of a person, a mini program and a plugin in it.',
        'openpid 由用户、宿主小程序和插件共同决定。',
      ),
      fact('request', 'assumed', "The token is the plugin's.", 'access_token 属于插件账号。'),
    ],
    errcodes: [
      ...tokenErrcodes,
      errcode(43002, 'documented', 'The request is no POST.', '请求不是 POST。'),
      errcode(1022, 'documented', 'The body is no JSON object.', '请求体不是 JSON 对象。'),
      errcode(1001, 'documented', 'code is missing or no text.', '缺少 code 或类型错误。'),
      errcode(
        1007,
        'documented',
        'The code is unknown, used, expired or of `wx.login`.',
        'code 不存在、已使用、已过期或来自 `wx.login`。',
      ),
      errcode(1005, 'documented', 'The code is of another plugin.', 'code 属于其他插件。'),
      errcode(
        1003,
        'documented',
        'Too many calls: the switch `quota`.',
        '调用过于频繁：开关 `quota`。',
      ),
      errcode(45009, 'documented', 'The quota of the day is used up.', '当日调用次数已用完。'),
    ],
  },
  answer: byAccessToken(
    { method: 'POST', kinds: ['mini_program'] },
    (world, request, { ok, fail }, app) => {
      const body = readJson(request)
      if (typeof body === 'number') return fail(1022)
      if (typeof body.code !== 'string' || body.code === '') return fail(1001)
      const code = findHexCode(world, 'plugin', body.code)
      if (!code) return fail(1007)
      if (code.pluginAppid !== app.appid) return fail(1005)
      const spent = spendQuota(
        world,
        app,
        'getpluginopenpid_per_minute',
        'getpluginopenpid_per_day',
      )
      if (spent !== 'spent') return fail(spent)

      code.used = true
      const openpid = openpidOf(code.personId, code.appid, code.pluginAppid)
      return ok({ errcode: 0, errmsg: 'ok', openpid })
    },
  ),
}
