import type { Rule } from '../../kit/rule.ts'
import { accessToken, assertShape, between } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'It answers an access_token and at most 7200 seconds, and no errcode',
  source: 'getAccessToken',
  sure: 'documented',
  async holds({ get, miniProgram }) {
    const { json } = await get('/cgi-bin/token', {
      ...miniProgram,
      grant_type: 'client_credential',
    })
    assertShape(json, { access_token: accessToken, expires_in: between(1, 7200) })
  },
}
