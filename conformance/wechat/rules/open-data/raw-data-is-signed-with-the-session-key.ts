import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Rule } from '../../kit/rule.ts'
import { textIn } from '../../kit/wechat.ts'

export const rule: Rule = {
  title: 'The signature is the SHA-1 of rawData and the text of the session_key',
  source: 'Open data: checking and decrypting',
  sure: 'documented',
  async holds({ control, session, miniProgram }) {
    const { session_key } = await session()
    const info = await control('wx/getUserInfo', { appid: miniProgram.appid, person: 'li-hua' })
    const signed = createHash('sha1').update(textIn(info, 'rawData') + session_key)
    assert.equal(textIn(info, 'signature'), signed.digest('hex'))
  },
}
