import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'

export const rule: Rule = {
  title: 'Success is the bytes of a JPEG, or of a PNG if it is transparent',
  source: 'getUnlimitedQRCode',
  sure: 'documented',
  async holds({ post, accessToken }) {
    const query = { access_token: await accessToken() }
    const jpeg = await post('/wxa/getwxacodeunlimit', query, { scene: 'ticket=1' })
    assert.deepEqual([...jpeg.bytes.subarray(0, 3)], [0xff, 0xd8, 0xff])
    assert.match(jpeg.contentType, /^image\/jpe?g\b/)
    const png = await post('/wxa/getwxacodeunlimit', query, { scene: 'ticket=1', is_hyaline: true })
    assert.deepEqual([...png.bytes.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47])
  },
}
