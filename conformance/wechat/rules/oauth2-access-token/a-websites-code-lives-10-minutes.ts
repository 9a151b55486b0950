import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'
import { textIn } from '../../kit/wechat.ts'

export const rule: Rule = {
  title: 'A code of a website lives 10 minutes',
  source: 'Website login',
  sure: 'documented',
  async holds({ get, webCode, website, waitSeconds }) {
    const query = { ...website, grant_type: 'authorization_code' }
    const inTime = await webCode(website, 'snsapi_login')
    const late = await webCode(website, 'snsapi_login')
    await waitSeconds(590)
    textIn((await get('/sns/oauth2/access_token', { ...query, code: inTime })).json, 'openid')
    await waitSeconds(10)
    assertRefused(await get('/sns/oauth2/access_token', { ...query, code: late }), 40029, 42003)
  },
}
