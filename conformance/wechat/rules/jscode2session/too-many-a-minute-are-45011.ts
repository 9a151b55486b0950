import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'
import { textIn } from '../../kit/wechat.ts'

export const rule: Rule = {
  title: 'More exchanges than a minute allows are 45011, until the next one',
  source: 'code2Session',
  sure: 'documented',
  async holds({ get, miniProgram, login, turn, waitSeconds }) {
    await turn(miniProgram, { quota: { jscode2session_per_minute: 1 } })
    const exchange = async () =>
      get('/sns/jscode2session', {
        ...miniProgram,
        js_code: await login(),
        grant_type: 'authorization_code',
      })
    await exchange()
    assertRefused(await exchange(), 45011)
    await waitSeconds(60)
    textIn((await exchange()).json, 'openid')
  },
}
