import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'
import {
  anyText,
  assertShape,
  exactly,
  listOfNumbers,
  optional,
  textLike,
  unionid,
  wholeNumber,
} from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'Of a follower WeChat says since when and how, and no name or picture any more',
  source: 'getUserInfo of service accounts, and its notice of December 2021',
  sure: 'documented',
  async holds({ get, control, accessToken, webTokens, serviceAccount }) {
    const { openid: id = '' } = await webTokens(serviceAccount, 'snsapi_base')
    await control('follow', { appid: serviceAccount.appid, person: 'li-hua', follow: true })
    const query = { access_token: await accessToken(serviceAccount), openid: id, lang: 'zh_CN' }
    const { json } = await get('/cgi-bin/user/info', query)
    const {
      nickname = '',
      headimgurl = '',
      sex = 0,
      city = '',
      province = '',
      country = '',
      ...rest
    } = json
    assert.deepEqual([nickname, headimgurl, sex, city, province, country], ['', '', 0, '', '', ''])
    assertShape(rest, {
      subscribe: exactly(1),
      openid: exactly(id),
      language: exactly('zh_CN', 'zh_TW', 'en'),
      subscribe_time: wholeNumber,
      unionid: optional(unionid),
      remark: anyText,
      groupid: wholeNumber,
      tagid_list: listOfNumbers,
      subscribe_scene: textLike('a scene', /^ADD_SCENE_[A-Z_]+$/),
      qr_scene: wholeNumber,
      qr_scene_str: anyText,
    })
  },
}
