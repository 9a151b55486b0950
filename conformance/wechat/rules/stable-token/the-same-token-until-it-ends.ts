import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'
import { accessToken, assertShape, between } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'It answers the same token again, with the seconds that are left to it',
  source: 'getStableAccessToken',
  sure: 'documented',
  async holds({ post, miniProgram, waitSeconds }) {
    const body = { ...miniProgram, grant_type: 'client_credential' }
    const first = await post('/cgi-bin/stable_token', {}, body)
    assertShape(first.json, { access_token: accessToken, expires_in: between(1, 7200) })
    await waitSeconds(1000)
    const second = await post('/cgi-bin/stable_token', {}, body)
    assert.equal(second.json['access_token'], first.json['access_token'])
    assert.ok(between(6100, 6200).fits(second.json['expires_in']), second.text)
  },
}
