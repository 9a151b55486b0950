import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'
import { textIn } from '../../kit/wechat.ts'

export const rule: Rule = {
  title: 'A caller whose address is not on the whitelist is told 40164 and its address',
  source: 'developers, from 2021 to 2024',
  sure: 'seen',
  async holds({ get, miniProgram, login, turn }) {
    await turn(miniProgram, { ip_whitelist: ['203.0.113.7'] })
    const query = { js_code: await login(), grant_type: 'authorization_code' }
    const reply = await get('/sns/jscode2session', { ...miniProgram, ...query })
    assertRefused(reply, 40164)
    assert.match(
      textIn(reply.json, 'errmsg'),
      /^invalid ip [\d.]+ ipv6 [\da-f:.]+, not in whitelist/,
    )
  },
}
