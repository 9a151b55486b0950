import { headImageUrl } from '../picture/head-image.ts'
import { openidOfGrant, unionidOfGrant } from '../world/grant.ts'
import { spendQuota } from '../world/quota.ts'
import { checkUserToken } from './by-user-token.ts'
import { errcode, fact, userTokenErrcodes } from './doc.ts'
import type { Endpoint } from './endpoint.ts'

/** What WeChat calls somebody who is not to be known. */
const anonymous = '微信用户'

/** `GET /sns/userinfo`: what a person has allowed an app to know. */
export const snsUserinfo: Endpoint = {
  path: '/sns/userinfo',
  family: 'sns',
  doc: {
    name: 'sns/userinfo',
    host: 'api.weixin.qq.com',
    methods: ['GET'],
    credential: 'user_access_token',
    does: {
      en: 'Tells the nickname and picture of a person, and under an Open Platform account the unionid.',
      zh: '返回用户的昵称、头像；绑定了开放平台账号时还有 unionid。',
    },
    facts: [
      fact(
        'answer',
        'documented',
        'Since October 2021 sex is 0, and province, city and country are empty, whatever `lang` is.',
        '2021 年 10 月起 sex 为 0，province、city、country 为空，与 `lang` 无关。',
      ),
      fact(
        'answer',
        'documented',
        'The end of headimgurl is its size: 0 (640 pixels), 46, 64, 96 or 132. The emulator serves all of them.',
        'headimgurl 末段为尺寸：0（640 像素）、46、64、96、132，模拟器均可访问。',
      ),
      fact(
        'answer',
        'documented',
        'privilege is what the switch `privilege` says.',
        'privilege 由开关 `privilege` 决定。',
      ),
      fact('quota', 'documented', '50,000 a minute.', '每分钟 5 万次。'),
    ],
    errcodes: [
      ...userTokenErrcodes,
      errcode(
        48001,
        'documented',
        'The person was asked for `snsapi_base` only.',
        '授权的 scope 为 `snsapi_base`。',
      ),
      errcode(45011, 'assumed', 'The quota of this minute is used up.', '本分钟的调用次数已用完。'),
    ],
  },
  answer(world, request, { ok, fail }) {
    const grant = checkUserToken(world, request)
    if (typeof grant === 'number') return fail(grant)
    const app = world.apps.get(grant.appid)
    const person = world.people.get(grant.personId)
    if (!app || !person) return fail(40001)
    if (grant.scope === 'snsapi_base') return fail(48001)
    const spent = spendQuota(world, app, 'sns_userinfo_per_minute')
    if (spent !== 'spent') return fail(spent)

    const unionid = unionidOfGrant(grant, app)
    return ok({
      openid: openidOfGrant(grant),
      nickname: grant.snapshot ? anonymous : person.nickname,
      sex: 0,
      province: '',
      city: '',
      country: '',
      headimgurl: headImageUrl(world, grant.snapshot ? null : person.id),
      privilege: app.switches.privilege,
      ...(unionid !== null && { unionid }),
    })
  },
}
