import { answerPage } from '../page/answer-page.ts'
import { authorizePages } from '../page/authorize-request.ts'
import { errcode, fact, pageErrcodes } from './doc.ts'
import type { Endpoint } from './endpoint.ts'

/** `open.weixin.qq.com/connect/oauth2/authorize`: a person allows a service account, in WeChat. */
export const authorize: Endpoint = {
  path: authorizePages.oauth2.path,
  family: 'page',
  doc: {
    name: 'oauth2/authorize',
    host: 'open.weixin.qq.com',
    methods: ['GET'],
    credential: 'none',
    does: {
      en: 'A page: sends the browser back with a code after the person allowed a service account.',
      zh: '页面：用户同意服务号授权后，带着 code 跳回。',
    },
    facts: [
      fact(
        'lifetime',
        'documented',
        'A code lives 5 minutes and is good for one exchange.',
        'code 有效期 5 分钟，只能用一次。',
      ),
      fact(
        'request',
        'documented',
        'The order appid, redirect_uri, response_type, scope, state counts. The switch `authorize_url_strict` lets it go.',
        '参数须按 appid、redirect_uri、response_type、scope、state 的顺序。可用开关 `authorize_url_strict` 放宽。',
      ),
      fact(
        'request',
        'documented',
        '`state` has 128 bytes at most, of a-z A-Z 0-9.',
        '`state` 最多 128 字节，只含 a-zA-Z0-9。',
      ),
      fact(
        'request',
        'documented',
        'The address ends in `#wechat_redirect`. Browsers keep it to themselves, so only `POST /emulator/authorize` can miss it.',
        '地址须以 `#wechat_redirect` 结尾。浏览器不会把它发给服务器，所以只有 `POST /emulator/authorize` 检查。',
      ),
      fact(
        'rule',
        'documented',
        'The whole host of redirect_uri is the one in the settings: the switch `redirect_domain`.',
        'redirect_uri 的域名须与后台配置完全一致：开关 `redirect_domain`。',
      ),
      fact(
        'rule',
        'assumed',
        'A setting without a port takes every port. `null`, the default, takes localhost, 127.0.0.1 and [::1].',
        '配置不带端口时任意端口均可。默认的 `null` 接受 localhost、127.0.0.1 和 [::1]。',
      ),
      fact(
        'rule',
        'documented',
        '`snsapi_base` asks nobody. A browser that has never said who its person is, is asked that once.',
        '`snsapi_base` 静默授权。浏览器第一次访问时会先选择“你是谁”。',
      ),
      fact(
        'answer',
        'assumed',
        'Whoever refuses is sent back with `state` and no code.',
        '用户拒绝时跳回，只带 `state`，不带 code。',
      ),
      fact(
        'answer',
        'seen',
        'The browser may be sent back twice with one code: the switch `redirect_double_hit`.',
        '可能带同一个 code 跳回两次：开关 `redirect_double_hit`。',
      ),
    ],
    errcodes: [
      ...pageErrcodes,
      errcode(
        10004,
        'documented',
        'The account is banned: the switch `authorize_errcode`.',
        '账号被封禁：开关 `authorize_errcode`。',
      ),
      errcode(
        10006,
        'documented',
        'The person does not follow the test account: the switch `authorize_errcode`.',
        '须先关注测试号：开关 `authorize_errcode`。',
      ),
      errcode(
        10015,
        'documented',
        'The third-party platform has no authorization: the switch `authorize_errcode`.',
        '未授权第三方平台：开关 `authorize_errcode`。',
      ),
    ],
  },
  answer: (world, request) => answerPage(world, authorizePages.oauth2, request),
}
