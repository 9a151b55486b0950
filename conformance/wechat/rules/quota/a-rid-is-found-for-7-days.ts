import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'
import { textIn } from '../../kit/wechat.ts'

export const rule: Rule = {
  title: 'A rid is found for 7 days',
  source: 'getRidInfo, as an SDK has it',
  sure: 'seen',
  async holds({ get, post, accessToken, miniProgram, waitSeconds }) {
    const query = { ...miniProgram, js_code: 'unknown', grant_type: 'authorization_code' }
    const { json } = await get('/sns/jscode2session', query)
    const [, rid = ''] = / rid: (.+)$/.exec(textIn(json, 'errmsg')) ?? []
    const find = async () =>
      post('/cgi-bin/openapi/rid/get', { access_token: await accessToken() }, { rid })
    assert.equal((await find()).json['errcode'], 0)
    await waitSeconds(7 * 86_400 + 60)
    assertRefused(await find(), 76004)
  },
}
