import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'

export const rule: Rule = {
  title: 'A visitor of the snapshot page is marked with is_snapshotuser 1',
  source: 'Web authorization',
  sure: 'documented',
  async holds({ get, webCode, serviceAccount, turn }) {
    await turn(serviceAccount, { snapshot_user: true })
    const query = {
      code: await webCode(serviceAccount, 'snsapi_userinfo'),
      grant_type: 'authorization_code',
    }
    const { json } = await get('/sns/oauth2/access_token', { ...serviceAccount, ...query })
    assert.equal(json['is_snapshotuser'], 1)
  },
}
