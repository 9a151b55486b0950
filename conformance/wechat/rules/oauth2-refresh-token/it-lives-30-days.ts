import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A refresh_token lives 30 days',
  source: 'Web authorization',
  sure: 'documented',
  async holds({ get, webTokens, website, waitSeconds }) {
    const { refresh_token = '' } = await webTokens(website, 'snsapi_login')
    await waitSeconds(30 * 86_400)
    const query = { appid: website.appid, grant_type: 'refresh_token', refresh_token }
    assertRefused(await get('/sns/oauth2/refresh_token', query), 42002, 40030)
  },
}
