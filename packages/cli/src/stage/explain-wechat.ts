import type { Words } from './page/wire.ts'

const say = (zh: string, en: string): Words => ({ zh, en })

/** What a mini program asks of WeChat on the phone. */
const wx: Readonly<Record<string, Words>> = {
  login: say(
    '小程序请微信开一个登录凭证 code。用户什么都不用点；code 5 分钟内有效、只能用一次，除了交给自己的服务端没有别的用处。微信此时可能换掉 session_key。',
    'The mini program asks WeChat for a code. The person has nothing to tap; the code lives 5 minutes, works once, and is of use to nobody but your own server. WeChat may replace the session_key here.',
  ),
  checkSession: say(
    '问微信：上次登录的 session_key 还有效吗？',
    'Asks WeChat whether the session_key of the last login is still good.',
  ),
  getPhoneNumber: say(
    '用户点了手机号按钮并同意。手机只拿到一个 code；号码由服务端用它向微信换。',
    'The person tapped the phone button and agreed. The phone gets a code only; the server exchanges it for the number.',
  ),
  getUserInfo: say(
    '微信给出带签名和加密的数据。只有存着 session_key 的服务端能核对它。',
    'WeChat gives data with a signature, and sealed. Only the server, which has the session_key, can check it.',
  ),
  scan: say(
    '用微信扫一扫：小程序码打开小程序的确认页，带着一次性的 scene。',
    'WeChat scans a code: it opens the mini program’s page with a one-time scene.',
  ),
}

/** What the server asks of WeChat. */
const paths: Readonly<Record<string, Words>> = {
  '/sns/jscode2session': say(
    '服务端用 AppSecret 和 code 向微信换身份：openid、可能的 unionid，以及 session_key。每个 code 只换一次；session_key 加密后存起来，永远不出服务端。',
    'The server exchanges the code with its AppSecret: openid, perhaps unionid, and the session_key. Each code is exchanged once; the session_key is kept sealed and never leaves the server.',
  ),
  '/cgi-bin/stable_token': say(
    '服务端取自己的 access_token，用于微信的服务端接口。一个应用共用一个，约 2 小时。',
    'The server gets its own access_token for WeChat’s server API. One for the whole app, about 2 hours.',
  ),
  '/wxa/business/getuserphonenumber': say(
    '用手机号按钮的 code 换号码。号码加密保存，给客户端看的只有打码的。',
    'Exchanges the code of the phone button for the number. It is kept sealed; a client sees it masked.',
  ),
  '/wxa/checksession': say(
    '核对存着的 session_key；送去的是签名，不是密钥本身。',
    'Checks the stored session_key; a signature is sent, not the key.',
  ),
  '/wxa/resetusersessionkey': say(
    '让微信换一个 session_key。',
    'Has WeChat replace the session_key.',
  ),
  '/wxa/getwxacodeunlimit': say(
    '请微信画一个小程序码，码里带着一次性的 scene。',
    'Has WeChat draw a mini-program code with a one-time scene in it.',
  ),
  '/sns/oauth2/access_token': say(
    '网页登录：用授权页给的 code 换 openid。',
    'Web sign-in: exchanges the code of WeChat’s page for an openid.',
  ),
  '/sns/userinfo': say('取昵称和头像。', 'Gets nickname and picture.'),
}

const someCall = say('微信的一个接口。', 'A call of WeChat’s.')

export const explainWx = (api: string): Words => wx[api] ?? someCall
export const explainWechat = (path: string): Words => paths[path] ?? someCall
