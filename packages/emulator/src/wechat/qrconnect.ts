import { answerPage } from '../page/answer-page.ts'
import { authorizePages } from '../page/authorize-request.ts'
import { fact, pageErrcodes } from './doc.ts'
import type { Endpoint } from './endpoint.ts'

/** `open.weixin.qq.com/connect/qrconnect`: a person logs in to a website by scanning a code. */
export const qrconnect: Endpoint = {
  path: authorizePages.qrconnect.path,
  family: 'page',
  doc: {
    name: 'qrconnect',
    host: 'open.weixin.qq.com',
    methods: ['GET'],
    credential: 'none',
    does: {
      en: 'A page: sends the browser back with a code after the person logged in to a website.',
      zh: '页面：用户扫码登录网站应用后，带着 code 跳回。',
    },
    facts: [
      fact(
        'lifetime',
        'documented',
        'A code lives 10 minutes and is good for one exchange.',
        'code 有效期 10 分钟，只能用一次。',
      ),
      fact(
        'request',
        'documented',
        '`scope` is `snsapi_login`; `lang` is `cn` or `en`.',
        '`scope` 为 `snsapi_login`；`lang` 为 `cn` 或 `en`。',
      ),
      fact(
        'request',
        'assumed',
        'The order of the parameters does not count; `state` has 128 bytes at most.',
        '参数顺序不限；`state` 最多 128 字节。',
      ),
      fact(
        'answer',
        'documented',
        'Whoever refuses is sent back with `state` alone, as older documents say, or not at all, as newer ones do: the switch `deny_without_redirect`.',
        '用户拒绝时，旧文档说只带 `state` 跳回，新文档说不跳转：开关 `deny_without_redirect`。',
      ),
      fact(
        'answer',
        'assumed',
        'The numbers of the error page are those of oauth2/authorize.',
        '错误页的错误码与 oauth2/authorize 相同。',
      ),
    ],
    errcodes: pageErrcodes,
  },
  answer: (world, request) => answerPage(world, authorizePages.qrconnect, request),
}
