import type { routes } from '@kaimen/protocol'
import type { Words } from './page/wire.ts'

const say = (zh: string, en: string): Words => ({ zh, en })

/** Each route of the server, as one step of a login. */
const explanations: Readonly<Record<keyof typeof routes, Words>> = {
  signInWechat: say(
    '登录的核心一步。手机只送来一次性的 code；服务端拿它去微信换 openid，认出或新建用户，再发出自己的令牌。openid 不会回到手机。应用要求手机号时，答复是 phone_required 和一张 10 分钟内有效的票据。',
    'The heart of a login. The phone sends nothing but the one-time code; the server exchanges it with WeChat for an openid, finds or creates the user, and mints tokens of its own. The openid never goes back to the phone. Where the app wants a phone number, the answer is phone_required with a ticket for 10 minutes.',
  ),
  signInPhone: say(
    '手机号按钮给的 code 与先前的票据一起送来：票据代表微信身份，code 证明手机号。号码由服务端向微信查，从不听信客户端。',
    'The code of the phone button comes with the ticket: the ticket stands for the WeChat identity, the code proves the number. The server asks WeChat for the number, and never takes a client’s word for it.',
  ),
  sendOtp: say(
    '请求短信验证码。按号码、地址和应用限流；无论号码是否注册过，答复都一样。',
    'Asks for a code by SMS. Limited by number, address and app; the answer is the same whether the number is known or not.',
  ),
  signInOtp: say(
    '用短信验证码登录。输错几次验证码就作废；验证码只存摘要。',
    'Signs in with the code from the SMS. A few wrong tries end it, and only its digest is kept.',
  ),
  signInPassword: say(
    '用手机号和密码登录。密码只存 Argon2 摘要；号码不存在和密码错误的答复一样。',
    'Signs in with number and password. Only a slow hash of the password is kept; an unknown number and a wrong password are answered alike.',
  ),
  signInCloud: say('微信云托管内的登录。', 'Sign-in behind WeChat cloud hosting.'),
  token: say(
    '访问令牌快过期了。SDK 用刷新令牌换下一对，一次一代：同时发出的请求、丢失的答复都会得到同一个后继；被盗后再用的旧令牌会结束这次登录。不需要微信。',
    'The access token runs out. The SDK trades the refresh token for the next pair, one generation at a time: parallel requests and lost replies get the identical successor, and an old token that turns up again ends the session. WeChat is not needed.',
  ),
  revoke: say('退出登录：这次登录立即失效。', 'Signs out: the session ends at once.'),
  introspect: say('后端查询令牌是否还有效。', 'A back end asks whether a token still counts.'),
  serviceUser: say(
    '后端用服务凭证查用户：openid 只在这里给出。',
    'A back end looks up a user with a service credential: the only place that tells an openid.',
  ),
  revocations: say(
    '后端长轮询：哪些登录已经结束。',
    'A back end learns which sessions have ended, by long poll.',
  ),
  me: say(
    '带着访问令牌的普通请求。验证只看签名；Kaimen 自己的接口还会查一次登录是否已结束。',
    'An ordinary request with the access token. A check of the signature is enough; Kaimen’s own endpoints also ask whether the session has ended.',
  ),
  updateMe: say('改昵称或头像。', 'Changes nickname or picture.'),
  updateMeByPost: say(
    '改昵称或头像；wx.request 没有 PATCH。',
    'Changes nickname or picture; wx.request has no PATCH.',
  ),
  deleteMe: say(
    '注销账号。需要 10 分钟内登录过；数据在期限后删除。',
    'Deletes the account. Takes a sign-in of the last 10 minutes; the data goes after a time to reconsider.',
  ),
  exportMe: say('导出保存的全部个人数据。', 'Everything that is held on this person.'),
  changeAvatar: say('上传 chooseAvatar 选的头像。', 'Uploads the picture that chooseAvatar gave.'),
  avatar: say('取头像。', 'Gets a picture.'),
  wechatData: say(
    '小程序取得的加密数据，由服务端用存着的 session_key 解开并核对签名和水印。',
    'Encrypted data that the mini program got: the server opens it with the session_key that it keeps, and checks signature and watermark.',
  ),
  checkWechatSession: say(
    '微信是否还认服务端存着的 session_key。',
    'Whether WeChat still honours the session_key that the server keeps.',
  ),
  preferences: say('读取跟随用户的设置。', 'Reads settings that follow the user.'),
  changePreferences: say('保存跟随用户的设置。', 'Saves settings that follow the user.'),
  changePhone: say('换手机号，需要新的证明。', 'Changes the phone number, with fresh proof.'),
  changePassword: say('设置或修改密码，需要新的证明。', 'Sets a password, with fresh proof.'),
  listIdentities: say('列出可以登录的微信身份。', 'Lists the WeChat identities that may sign in.'),
  linkIdentity: say('再绑定一个微信身份。', 'Links another WeChat identity.'),
  unlinkIdentity: say(
    '解绑一个微信身份；最后一种登录方式不能解绑。',
    'Unlinks one; the last way in cannot be removed.',
  ),
  listSessions: say('列出已登录的设备。', 'Lists the devices that are signed in.'),
  endOtherSessions: say('让其他设备都退出。', 'Signs out every other device.'),
  endSession: say('让一台设备退出。', 'Signs out one device.'),
  webStart: say('网页登录：转去微信的授权页。', 'Web sign-in: on to WeChat’s page.'),
  webCallback: say(
    '网页登录：微信把浏览器送回来，带着 code；state 与 Cookie 必须对得上。',
    'Web sign-in: WeChat sends the browser back with a code; state and cookie have to match.',
  ),
  webSession: say(
    '网页问：这个浏览器里谁登录着？凭 Cookie 回答。',
    'A web page asks who is signed in in this browser. The cookie answers.',
  ),
  webToken: say(
    '网页用 Cookie 换一个短期访问令牌，只放在内存里。',
    'A web page trades its cookie for a short access token, kept in memory only.',
  ),
  webSignOut: say('网页退出登录。', 'Signs out of a web page.'),
  beginScan: say(
    '电脑网页要扫码登录：服务端开一次扫码，用 Cookie 把它绑在这个浏览器上。',
    'A desktop page wants to sign in by scan: the server opens one, bound to this browser by a cookie.',
  ),
  scan: say(
    '网页等着：有人扫了吗，确认了吗？确认之后，只有开始扫码的浏览器能领到登录。',
    'The page waits: has somebody scanned, have they confirmed? Then only the browser that began it gets the session.',
  ),
  scanPicture: say(
    '小程序码的图片，由微信画。码里是一次性的票据。',
    'The picture with the mini-program code, drawn by WeChat. In it is a one-time ticket.',
  ),
  claimScan: say(
    '手机扫了码：这次登录从此归这个人决定，并告诉他是哪个网站、哪里、什么设备在请求。',
    'A phone has scanned: from now on this person decides, and is told which site asks, from where and on what.',
  ),
  approveScan: say(
    '手机上点了确认。需要 10 分钟内登录过，否则 SDK 静默地再登录一次。',
    'Confirmed on the phone. Takes a sign-in of the last 10 minutes; else the SDK signs in anew, silently.',
  ),
  rejectScan: say('手机上拒绝了。', 'Refused on the phone.'),
  following: say('是否关注了公众号。', 'Whether the user follows the account.'),
  serviceFollowing: say('后端查询是否关注了公众号。', 'A back end asks whether they follow.'),
  checkPushUrl: say('微信验证消息推送的地址。', 'WeChat checks the address for pushes.'),
  push: say(
    '微信推来的事件，例如撤回授权。',
    'An event that WeChat pushes, such as a withdrawn authorisation.',
  ),
  jwks: say(
    '公钥。任何后端凭它验证访问令牌，不必再问谁。',
    'The public keys. With them any back end checks an access token, and asks nobody.',
  ),
  healthz: say('进程活着。', 'The process is alive.'),
  readyz: say('可以接请求。', 'Ready for requests.'),
  metrics: say('这个节点的指标，供 Prometheus 读取。', 'What this node counted, for Prometheus.'),
  openapi: say('接口文档。', 'The interface document.'),
}

const unknown = say('没有这样的接口。', 'There is no such route.')

export function explainServer(name: string | undefined): Words {
  return isRoute(name) ? explanations[name] : unknown
}

const isRoute = (name: string | undefined): name is keyof typeof routes =>
  name !== undefined && Object.hasOwn(explanations, name)
