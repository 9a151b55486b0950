import { followingSince } from '../world/following.ts'
import { openidOf, unionidOf } from '../world/identity.ts'
import { spendQuota } from '../world/quota.ts'
import { byAccessToken } from './by-access-token.ts'
import { errcode, fact, tokenErrcodes } from './doc.ts'
import type { Endpoint } from './endpoint.ts'

const languages = ['zh_CN', 'zh_TW', 'en']

/** `GET /cgi-bin/user/info`: whether somebody follows a service account, and since when. */
export const userInfo: Endpoint = {
  path: '/cgi-bin/user/info',
  family: 'cgi',
  doc: {
    name: 'user/info',
    host: 'api.weixin.qq.com',
    methods: ['GET'],
    credential: 'access_token',
    does: {
      en: 'Says whether somebody follows a service account, and since when.',
      zh: '查询用户是否关注服务号，以及关注时间。',
    },
    facts: [
      fact(
        'answer',
        'documented',
        'Nobody follows until `POST /emulator/follow` says so. `subscribe` 0 comes with openid alone.',
        '默认无人关注，由 `POST /emulator/follow` 改变。`subscribe` 为 0 时只有 openid。',
      ),
      fact(
        'answer',
        'assumed',
        'Under an Open Platform account with unionid too.',
        '绑定了开放平台账号时还有 unionid。',
      ),
      fact(
        'answer',
        'documented',
        'nickname and headimgurl are gone since December 2021.',
        '2021 年 12 月起不再返回 nickname 和 headimgurl。',
      ),
      fact('quota', 'documented', '5,000,000 a day.', '每天 500 万次。'),
    ],
    errcodes: [
      ...tokenErrcodes,
      errcode(40003, 'documented', 'The openid is nobody of this app.', 'openid 不属于本应用。'),
      errcode(45009, 'documented', 'The quota of the day is used up.', '当日调用次数已用完。'),
      errcode(43001, 'documented', 'The request is no GET.', '请求不是 GET。'),
    ],
  },
  answer: byAccessToken(
    { method: 'GET', kinds: ['service_account'] },
    (world, request, { ok, fail }, app) => {
      const openid = request.query.get('openid')
      const lang = languages.find((each) => each === request.query.get('lang')) ?? 'zh_CN'
      const personId = [...world.people.keys()].find((id) => openidOf(id, app.appid) === openid)
      if (personId === undefined) return fail(40003)
      const spent = spendQuota(world, app, 'user_info_per_day')
      if (spent !== 'spent') return fail(spent)

      const sinceMs = followingSince(world, app, personId)
      const unionid = app.open_platform !== null && {
        unionid: unionidOf(personId, app.open_platform),
      }
      if (sinceMs === undefined) return ok({ subscribe: 0, openid, ...unionid })
      return ok({
        subscribe: 1,
        openid,
        language: lang,
        subscribe_time: Math.floor(sinceMs / 1000),
        ...unionid,
        remark: '',
        groupid: 0,
        tagid_list: [],
        subscribe_scene: 'ADD_SCENE_QR_CODE',
        qr_scene: 0,
        qr_scene_str: '',
      })
    },
  ),
}
