import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'
import {
  anyText,
  assertShape,
  exactly,
  httpUrl,
  listOfText,
  optional,
  unionid,
} from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'Sex is 0 and places are empty; nickname, picture, privileges and unionid are there',
  source: 'Web authorization, and its notice of October 2021',
  sure: 'documented',
  async holds({ get, webTokens, serviceAccount }) {
    const { access_token = '', openid: id = '' } = await webTokens(
      serviceAccount,
      'snsapi_userinfo',
    )
    const { json } = await get('/sns/userinfo', { access_token, openid: id, lang: 'zh_CN' })
    const { language = '', ...rest } = json
    assert.equal(typeof language, 'string')
    assertShape(rest, {
      openid: exactly(id),
      nickname: anyText,
      sex: exactly(0),
      province: exactly(''),
      city: exactly(''),
      country: exactly(''),
      headimgurl: httpUrl,
      privilege: listOfText,
      unionid: optional(unionid),
    })
  },
}
