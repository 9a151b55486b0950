import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'
import { textIn } from '../../kit/wechat.ts'

export const rule: Rule = {
  title: 'A cloudID is worth the data that it stands for, beside its own name',
  source: 'getOpenData',
  sure: 'documented',
  async holds({ post, control, session, accessToken, miniProgram }) {
    const { openid } = await session()
    const { cloudID } = await control('wx/getPhoneNumber', {
      appid: miniProgram.appid,
      person: 'li-hua',
    })
    const query = { access_token: await accessToken(), openid }
    const { json } = await post('/wxa/getopendata', query, { cloudid_list: [cloudID] })
    const list: unknown = json['data_list']
    const first: unknown = Array.isArray(list) ? list[0] : undefined
    assert.equal(json['errcode'], 0)
    assert.equal(textIn(first, 'cloud_id'), cloudID)
  },
}
