import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'

export const rule: Rule = {
  title: 'Two apps see two openids of a person, and one unionid within an Open Platform account',
  source: 'UnionID',
  sure: 'documented',
  async holds({ get, miniProgram, website, login, webTokens }) {
    const query = { js_code: await login(), grant_type: 'authorization_code' }
    const { json } = await get('/sns/jscode2session', { ...miniProgram, ...query })
    const onWeb = await webTokens(website, 'snsapi_login')
    assert.notEqual(json['openid'], onWeb['openid'])
    assert.equal(json['unionid'], onWeb['unionid'])
  },
}
