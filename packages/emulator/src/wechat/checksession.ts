import { byAccessToken } from './by-access-token.ts'
import { checkSignature } from './by-signature.ts'
import { errcode, fact, signatureErrcodes, tokenErrcodes } from './doc.ts'
import type { Endpoint } from './endpoint.ts'

/** `GET /wxa/checksession` (checkSessionKey): whether a session_key is the valid one. */
export const checksession: Endpoint = {
  path: '/wxa/checksession',
  family: 'cgi',
  doc: {
    name: 'checkSessionKey',
    host: 'api.weixin.qq.com',
    methods: ['GET'],
    credential: 'access_token_and_signature',
    does: {
      en: 'Says whether a session_key that a back end stored is the valid one.',
      zh: '校验服务端保存的 session_key 是否仍然有效。',
    },
    facts: [
      fact(
        'request',
        'documented',
        '`signature` is HMAC-SHA256 of the empty string, in lowercase hexadecimal; its key is the session_key as text, not decoded.',
        '`signature` 是对空字符串的 HMAC-SHA256 小写十六进制值，密钥为 session_key 的文本，不做解码。',
      ),
      fact('rule', 'assumed', 'To ask does not renew the key.', '校验不会续期 session_key。'),
    ],
    errcodes: [
      ...tokenErrcodes,
      errcode(43001, 'assumed', 'The request is no GET.', '请求不是 GET。'),
      ...signatureErrcodes,
    ],
  },
  answer: byAccessToken(
    { method: 'GET', kinds: ['mini_program'] },
    (world, request, { ok, fail }, app) => {
      const signed = checkSignature(world, app, request)
      return typeof signed === 'number' ? fail(signed) : ok({ errcode: 0, errmsg: 'ok' })
    },
  ),
}
