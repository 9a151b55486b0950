import type { Text, WeChatReply } from '../wechat/endpoint.ts'
import type { PageError } from './authorize-request.ts'
import { html, pageReply, say } from './page.ts'
import type { Lang } from './page.ts'

// The numbers are WeChat's; the words after the first are the emulator's.
const errors: ReadonlyMap<PageError, Text> = new Map<PageError, Text>([
  [
    10003,
    {
      en: 'The host of redirect_uri is not the one that the app has in its settings.',
      zh: 'redirect_uri 的域名与后台配置不一致',
    },
  ],
  [10004, { en: 'This account is banned.', zh: '该公众号被封禁' }],
  [10005, { en: 'The app has no permission for this scope.', zh: '该公众号没有此 scope 的权限' }],
  [10006, { en: 'Follow this test account first.', zh: '必须关注此测试号' }],
  [10009, { en: 'Too frequent, try again later.', zh: '操作太频繁了，请稍后再试' }],
  [10010, { en: 'scope is empty.', zh: 'scope 不能为空' }],
  [10011, { en: 'redirect_uri is empty.', zh: 'redirect_uri 不能为空' }],
  [10012, { en: 'appid is empty.', zh: 'appid 不能为空' }],
  [10013, { en: 'state is empty.', zh: 'state 不能为空' }],
  [
    10015,
    {
      en: 'The account has not authorized this third-party platform.',
      zh: '公众号未授权第三方平台',
    },
  ],
  [
    10016,
    {
      en: 'An app of this kind is not taken here: a service account for oauth2/authorize, a website for qrconnect.',
      zh: '不支持该类型的 AppID：oauth2/authorize 需服务号，qrconnect 需网站应用',
    },
  ],
  [40013, { en: 'There is no app with this appid.', zh: 'AppID 参数错误' }],
  [
    'order',
    {
      en: 'The parameters have to come once each, in this order: appid, redirect_uri, response_type, scope, state.',
      zh: '参数须各出现一次，顺序为 appid、redirect_uri、response_type、scope、state',
    },
  ],
  ['response_type', { en: 'response_type has to be code.', zh: 'response_type 必须为 code' }],
  [
    'state',
    {
      en: 'state may have 128 of a-z A-Z 0-9 at most.',
      zh: 'state 只能是 a-zA-Z0-9，最多 128 字节',
    },
  ],
])

/** What an error says; the number alone if the emulator has no words for it. */
export function pageErrorText(error: PageError): Text {
  return errors.get(error) ?? { en: `errcode ${error}`, zh: `错误码 ${error}` }
}

/** WeChat's error page, for a number of the emulator's own making too. */
export function errorPage(lang: Lang, error: PageError, text = pageErrorText(error)): WeChatReply {
  const title = say(lang, { en: 'Cannot open this page', zh: '无法打开此页面' })
  const number = typeof error === 'number' ? String(error) : undefined
  return pageReply({
    lang,
    title,
    body: html`<h1>${title}</h1>
      <p>${say(lang, text)}</p>
      ${number ? html`<p class="soft">${say(lang, { en: 'Error code', zh: '错误码' })}: ${number}</p>` : html``}`,
    errcode: typeof error === 'number' ? error : null,
  })
}
