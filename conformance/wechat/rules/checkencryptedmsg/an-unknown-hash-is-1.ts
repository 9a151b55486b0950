import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A hash of data that WeChat never made is 1',
  source: 'checkEncryptedMsg',
  sure: 'documented',
  async holds({ post, accessToken }) {
    const query = { access_token: await accessToken() }
    const body = { encrypted_msg_hash: 'f'.repeat(64) }
    assertRefused(await post('/wxa/business/checkencryptedmsg', query, body), 1)
  },
}
