import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'
import { textIn } from '../../kit/wechat.ts'

export const rule: Rule = {
  title: 'A code is good for 5 minutes and no longer',
  source: 'wx.login',
  sure: 'documented',
  async holds({ get, miniProgram, login, waitSeconds }) {
    const query = { ...miniProgram, grant_type: 'authorization_code' }
    const inTime = await login()
    const late = await login()
    await waitSeconds(290)
    textIn((await get('/sns/jscode2session', { ...query, js_code: inTime })).json, 'openid')
    await waitSeconds(10)
    assertRefused(await get('/sns/jscode2session', { ...query, js_code: late }), 40029)
  },
}
