import type { SecretKind, Words } from './wire.ts'

/** What stands in the place of a secret's value. */
export interface SecretWords {
  readonly name: Words
  readonly life: Words
  /** Where it may never go, or why it is not shown. */
  readonly never: Words
}

const of = (
  [zh, en]: readonly [string, string],
  [lifeZh, lifeEn]: readonly [string, string],
  [neverZh, neverEn]: readonly [string, string],
): SecretWords => ({
  name: { zh, en },
  life: { zh: lifeZh, en: lifeEn },
  never: { zh: neverZh, en: neverEn },
})

/** What every kind of secret is, how long it lives, and where it may never go. */
export const secrets: Readonly<Record<SecretKind, SecretWords>> = {
  login_code: of(
    ['登录凭证 code', 'login code'],
    ['5 分钟，只能用一次', '5 minutes, one use'],
    ['只交给自己的服务端，不进日志', 'to your own server only, never into a log'],
  ),
  phone_code: of(
    ['手机号凭证 code', 'phone code'],
    ['5 分钟，只能用一次', '5 minutes, one use'],
    ['只交给自己的服务端，不进日志', 'to your own server only, never into a log'],
  ),
  web_code: of(
    ['网页授权 code', 'web code'],
    ['5 分钟，只能用一次', '5 minutes, one use'],
    ['只交给发起它的浏览器与服务端', 'only through the browser that asked, to the server'],
  ),
  session_key: of(
    ['会话密钥 session_key', 'session_key'],
    ['随微信决定，可能随时更换', 'as WeChat decides; may change at any login'],
    ['绝不离开服务端；加密保存', 'never leaves the server; kept sealed'],
  ),
  app_secret: of(
    ['AppSecret', 'AppSecret'],
    ['直到在后台重置', 'until it is reset on the console'],
    ['绝不进小程序、代码仓库和日志', 'never into the mini program, a repository or a log'],
  ),
  wechat_token: of(
    ['微信的 access_token', 'WeChat’s access_token'],
    ['约 2 小时', 'about 2 hours'],
    ['绝不离开服务端', 'never leaves the server'],
  ),
  access_token: of(
    ['访问令牌 JWT', 'access token, a JWT'],
    ['15 分钟', '15 minutes'],
    [
      '只放在 Authorization 头，不进 URL 和日志',
      'in the Authorization header only; no URL, no log',
    ],
  ),
  refresh_token: of(
    ['刷新令牌', 'refresh token'],
    ['30 天不用即失效，最长 180 天', '30 days unused, 180 days in all'],
    ['只发给签发它的服务端', 'only ever to the server that made it'],
  ),
  ticket: of(
    ['票据', 'ticket'],
    ['10 分钟，只能用一次', '10 minutes, one use'],
    ['代表微信身份，只交回服务端', 'stands for the WeChat identity; back to the server only'],
  ),
  scan: of(
    ['扫码标识', 'name of a scan'],
    ['几分钟，绑定浏览器', 'minutes, bound to one browser'],
    ['只经过二维码本身', 'travels in the code itself only'],
  ),
  openid: of(
    ['openid', 'openid'],
    ['不变', 'for ever'],
    ['不给客户端，也不听信客户端送来的', 'not given to clients, and never believed of them'],
  ),
  unionid: of(
    ['unionid', 'unionid'],
    ['不变', 'for ever'],
    ['不给客户端，也不听信客户端送来的', 'not given to clients, and never believed of them'],
  ),
  phone: of(
    ['手机号', 'phone number'],
    ['个人信息', 'personal data'],
    ['加密保存，给客户端看的是打码的', 'kept sealed; clients see it masked'],
  ),
  otp: of(
    ['短信验证码', 'code from the SMS'],
    ['5 分钟，输错几次作废', '5 minutes, a few tries'],
    ['只存摘要，不进日志', 'only its digest is kept; never into a log'],
  ),
  password: of(
    ['密码', 'password'],
    ['直到修改', 'until it is changed'],
    ['只存慢哈希', 'only a slow hash is kept'],
  ),
  open_data: of(
    ['开放数据（签名或加密）', 'open data, signed or sealed'],
    ['随 session_key', 'as long as the session_key'],
    ['只有服务端能核对', 'only the server can check it'],
  ),
  cookie: of(
    ['Cookie', 'cookie'],
    ['随登录', 'as long as the session'],
    ['HttpOnly，脚本读不到', 'HttpOnly: no script reads it'],
  ),
  credential: of(
    ['服务凭证', 'service credential'],
    ['直到撤销', 'until it is revoked'],
    ['只在自己的后端', 'on your own back end only'],
  ),
  idempotency_key: of(
    ['随机的幂等键', 'random Idempotency-Key'],
    ['60 秒', '60 seconds'],
    ['同一次登录重发时相同', 'the same when one login is sent again'],
  ),
  unlisted: of(
    ['未登记的字段', 'field on no list'],
    ['—', '—'],
    ['不知道是什么，所以不显示', 'not known, so not shown'],
  ),
}
