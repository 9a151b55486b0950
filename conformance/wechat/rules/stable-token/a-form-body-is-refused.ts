import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'Only JSON is understood: a form is 47001, or its appid is missing',
  source: 'getStableAccessToken',
  sure: 'documented',
  async holds({ post, miniProgram }) {
    const form = new URLSearchParams({ ...miniProgram, grant_type: 'client_credential' }).toString()
    assertRefused(await post('/cgi-bin/stable_token', {}, form), 47001, 41002)
  },
}
