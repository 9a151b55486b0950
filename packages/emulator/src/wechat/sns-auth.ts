import { checkUserToken } from './by-user-token.ts'
import { fact, userTokenErrcodes } from './doc.ts'
import type { Endpoint } from './endpoint.ts'

/** `GET /sns/auth`: whether the access_token of a person is good. */
export const snsAuth: Endpoint = {
  path: '/sns/auth',
  family: 'sns',
  doc: {
    name: 'sns/auth',
    host: 'api.weixin.qq.com',
    methods: ['GET'],
    credential: 'user_access_token',
    does: {
      en: 'Says whether the access_token of a person is good.',
      zh: '检验用户的 access_token 是否有效。',
    },
    facts: [
      fact(
        'answer',
        'documented',
        'Success is `errcode` 0 and `errmsg` `ok`, unlike the rest of `/sns/*`.',
        '成功时返回 `errcode` 为 0、`errmsg` 为 `ok`，与其他 `/sns/*` 不同。',
      ),
    ],
    errcodes: userTokenErrcodes,
  },
  answer(world, request, { ok, fail }) {
    const grant = checkUserToken(world, request)
    return typeof grant === 'number' ? fail(grant) : ok({ errcode: 0, errmsg: 'ok' })
  },
}
