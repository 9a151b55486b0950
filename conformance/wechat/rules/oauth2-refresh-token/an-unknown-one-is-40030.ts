import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A refresh_token that WeChat never gave is 40030',
  source: 'Web authorization',
  sure: 'documented',
  async holds({ get, website }) {
    const query = { appid: website.appid, grant_type: 'refresh_token', refresh_token: '98_made-up' }
    assertRefused(await get('/sns/oauth2/refresh_token', query), 40030)
  },
}
