import { listUserKeys, secondsLeft } from '../world/user-key.ts'
import { byAccessToken } from './by-access-token.ts'
import { checkSignature } from './by-signature.ts'
import { fact, signatureErrcodes, tokenErrcodes } from './doc.ts'
import type { Endpoint } from './endpoint.ts'

/** `/wxa/business/getuserencryptkey` (GetUserEncryptKey): the keys that a phone was given. */
export const getuserencryptkey: Endpoint = {
  path: '/wxa/business/getuserencryptkey',
  family: 'business',
  doc: {
    name: 'GetUserEncryptKey',
    host: 'api.weixin.qq.com',
    methods: ['GET', 'POST'],
    credential: 'access_token_and_signature',
    does: {
      en: 'Gives the three newest keys that `wx.getUserCryptoManager` shares with the phone.',
      zh: '获取与手机端 `wx.getUserCryptoManager` 共享的最近三个加密密钥。',
    },
    facts: [
      fact(
        'request',
        'documented',
        'GET by one page, POST by another; every parameter is in the query.',
        '不同页面分别写作 GET 和 POST；所有参数都在 URL 中。',
      ),
      fact(
        'request',
        'seen',
        'A body, be it `{}`, enters the signature and so gives 87009.',
        '任何请求体（包括 `{}`）都会参与签名，因而返回 87009。',
      ),
      fact(
        'lifetime',
        'documented',
        'A key lives 3600 seconds; `expire_in` is 0 once it has expired.',
        '密钥有效 3600 秒；过期后 `expire_in` 为 0。',
      ),
      fact(
        'answer',
        'assumed',
        'The newest is first; a phone that never asked for a key has none.',
        '最新的在前；手机端从未获取过时列表为空。',
      ),
    ],
    errcodes: [...tokenErrcodes, ...signatureErrcodes],
  },
  answer: byAccessToken(
    { method: 'any', kinds: ['mini_program'] },
    (world, request, { ok, fail }, app) => {
      const signed = checkSignature(world, app, request)
      if (typeof signed === 'number') return fail(signed)
      if (request.body !== '') return fail(87009)
      return ok({
        errcode: 0,
        errmsg: 'ok',
        key_info_list: listUserKeys(world, signed.openid).map((key) => ({
          encrypt_key: key.encryptKey,
          version: key.version,
          expire_in: secondsLeft(world, key),
          iv: key.iv,
          create_time: Math.floor(key.createdAtMs / 1000),
        })),
      })
    },
  ),
}
