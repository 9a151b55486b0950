import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A page that is not released is 41030, unless check_path is false',
  source: 'getUnlimitedQRCode',
  sure: 'documented',
  async holds({ post, accessToken, miniProgram, turn }) {
    await turn(miniProgram, { released_pages: ['pages/index/index'] })
    const query = { access_token: await accessToken() }
    const body = { scene: 'a', page: 'pages/other/other' }
    assertRefused(await post('/wxa/getwxacodeunlimit', query, body), 41030)
    const unchecked = await post('/wxa/getwxacodeunlimit', query, { ...body, check_path: false })
    assert.match(unchecked.contentType, /^image\//)
  },
}
