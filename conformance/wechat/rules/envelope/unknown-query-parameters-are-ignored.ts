import type { Rule } from '../../kit/rule.ts'
import { textIn } from '../../kit/wechat.ts'

export const rule: Rule = {
  title: 'Query parameters that a path does not know are ignored',
  source: 'WxJava, which sends an access_token to code2Session',
  sure: 'seen',
  async holds({ get, miniProgram, login }) {
    const query = { grant_type: 'authorization_code', access_token: 'x', lang: 'zh_CN' }
    const { json } = await get('/sns/jscode2session', {
      ...miniProgram,
      ...query,
      js_code: await login(),
    })
    textIn(json, 'openid')
  },
}
