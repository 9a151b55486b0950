import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'

export const rule: Rule = {
  title: 'The JSON of /sns comes as text/plain',
  source: 'Spring users, whose parser knows no JSON by that name',
  sure: 'seen',
  async holds({ get, miniProgram, login }) {
    const query = { ...miniProgram, grant_type: 'authorization_code' }
    const refused = await get('/sns/jscode2session', { ...query, js_code: 'unknown' })
    const granted = await get('/sns/jscode2session', { ...query, js_code: await login() })
    assert.match(refused.contentType, /^text\/plain\b/)
    assert.match(granted.contentType, /^text\/plain\b/)
  },
}
