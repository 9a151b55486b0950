import { findSealed } from '../world/open-data.ts'
import { byAccessToken } from './by-access-token.ts'
import { bodyErrcodes, errcode, fact, tokenErrcodes } from './doc.ts'
import type { Endpoint } from './endpoint.ts'
import { readJson } from './read-json.ts'

/** `POST /wxa/business/checkencryptedmsg` (checkEncryptedMsg): whether WeChat encrypted this. */
export const checkencryptedmsg: Endpoint = {
  path: '/wxa/business/checkencryptedmsg',
  family: 'business',
  doc: {
    name: 'checkEncryptedMsg',
    host: 'api.weixin.qq.com',
    methods: ['POST'],
    credential: 'access_token',
    does: {
      en: 'Says whether WeChat made the encryptedData of a phone number, and when.',
      zh: '校验手机号的 encryptedData 是否由微信生成，以及生成时间。',
    },
    facts: [
      fact('lifetime', 'documented', 'Data of the last 3 days.', '只支持最近 3 天的数据。'),
      fact(
        'request',
        'assumed',
        '`encrypted_msg_hash` is the SHA-256 of the base64 text or of the bytes; both are taken.',
        '`encrypted_msg_hash` 可以是 base64 文本或其字节的 SHA-256，两者都接受。',
      ),
      fact('answer', 'documented', 'The field is spelt `vaild`.', '返回字段的拼写是 `vaild`。'),
    ],
    errcodes: [
      ...tokenErrcodes,
      ...bodyErrcodes,
      errcode(
        1,
        'documented',
        'There is no such data of this app in the last 3 days.',
        '最近 3 天内本应用没有该数据。',
      ),
      errcode(
        40097,
        'documented',
        'The hash is missing or no SHA-256.',
        '缺少 hash 或格式不正确。',
      ),
    ],
  },
  answer: byAccessToken(
    { method: 'POST', kinds: ['mini_program'] },
    (world, request, { ok, fail }, app) => {
      const body = readJson(request)
      if (typeof body === 'number') return fail(body)
      const hash = body.encrypted_msg_hash
      if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/i.test(hash)) return fail(40097)
      const sealedAtMs = findSealed(world, app, hash.toLowerCase())
      if (sealedAtMs === undefined) return fail(1)
      return ok({
        errcode: 0,
        errmsg: 'ok',
        vaild: true,
        create_time: Math.floor(sealedAtMs / 1000),
      })
    },
  ),
}
