import type { Rule } from '../../kit/rule.ts'
import { assertOk, assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'Quotas are cleared ten times a month, by both calls together; the eleventh is 48006',
  source: 'clearQuota',
  sure: 'documented',
  async holds({ post, accessToken, miniProgram }) {
    const { appid, secret } = miniProgram
    const query = { access_token: await accessToken() }
    for (let round = 0; round < 5; round += 1) {
      assertOk(await post('/cgi-bin/clear_quota', query, { appid }))
      assertOk(await post('/cgi-bin/clear_quota/v2', {}, { appid, appsecret: secret }))
    }
    assertRefused(await post('/cgi-bin/clear_quota', query, { appid }), 48006)
    assertRefused(await post('/cgi-bin/clear_quota/v2', {}, { appid, appsecret: secret }), 48006)
  },
}
