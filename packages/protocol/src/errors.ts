/**
 * Every way in which Kaimen says no, in one closed table. The server, the client SDK, the OpenAPI
 * document and docs/errors.md all read it; a test holds them together.
 */

/**
 * What the client should do next.
 *
 * - `none`: nothing that a program can do; show the person `title` and `detail`.
 * - `relogin`: call wx.login and sign in anew.
 * - `retry`: try again, with what `detail` asks for: a fresh code, a fresh token.
 * - `wait`: send the same request again, not before `Retry-After`.
 * - `fix_config`: for the developer or operator, never for the person.
 */
export type Action = 'none' | 'relogin' | 'retry' | 'wait' | 'fix_config'

/** A sentence in each language that Kaimen speaks. */
export type Localized = { readonly 'zh-CN': string; readonly en: string }

export type Language = keyof Localized

/** Simplified Chinese unless English is asked for first: most who read these write mini programs. */
export function chooseLanguage(acceptLanguage: string | null | undefined): Language {
  const ranked = (acceptLanguage ?? '')
    .split(',')
    .map((range) => {
      const [tag = '', ...parameters] = range.trim().toLowerCase().split(';')
      const q = parameters.map((p) => /^\s*q=([\d.]+)\s*$/.exec(p)?.[1]).find(Boolean)
      return { tag: tag.trim(), q: q === undefined ? 1 : Number(q) }
    })
    .filter(({ q }) => q > 0)
    .sort((a, b) => b.q - a.q)
  const first = ranked.find(({ tag }) => /^(zh|en)(-|$)/.test(tag))
  return first?.tag.startsWith('en') ? 'en' : 'zh-CN'
}

export type ErrorEntry = {
  /** HTTP status. */
  readonly status: number
  /** Whether trying again may help: `true` for the actions `retry` and `wait`. */
  readonly retryable: boolean
  readonly action: Action
  /** WeChat's errcodes that end in this error. */
  readonly errcodes?: readonly number[]
  readonly title: Localized
  /** What happened, whose fault it is, what to do next. */
  readonly detail: Localized
}

const entry = (
  status: number,
  action: Action,
  title: Localized,
  detail: Localized,
  errcodes?: readonly number[],
): ErrorEntry => ({
  status,
  retryable: action === 'retry' || action === 'wait',
  action,
  title,
  detail,
  ...(errcodes && { errcodes }),
})

const say = (zh: string, en: string): Localized => ({ 'zh-CN': zh, en })

export const errorTable = {
  // The login code and WeChat
  code_invalid: entry(
    400,
    'relogin',
    say('登录凭证无效', 'The login code is not valid'),
    say(
      'code 不是微信刚签发给这个 AppID 的，或已超过 5 分钟。请重新调用 wx.login；如果总是失败，请核对小程序的 AppID 与服务端配置是否一致。',
      'The code was not issued by WeChat to this AppID, or is older than 5 minutes. Call wx.login again; if it always fails, compare the AppID of the mini program with the one in the server’s settings.',
    ),
    [40029],
  ),
  code_used: entry(
    400,
    'relogin',
    say('登录凭证已被使用', 'The login code has been used'),
    say(
      '一个 code 只能换取一次登录态。请重新调用 wx.login；若是重发同一次请求，请带上同一个 Idempotency-Key。',
      'A code signs in once. Call wx.login again; to repeat the very same request, send the same Idempotency-Key.',
    ),
    [40163],
  ),
  wechat_busy: entry(
    503,
    'retry',
    say('微信系统繁忙', 'WeChat is busy'),
    say(
      '微信暂时无法处理登录。请按 Retry-After 稍候，再用新的 code 重试。',
      'WeChat could not process the login just now. Wait as Retry-After says, then try again with a new code.',
    ),
    [-1],
  ),
  wechat_rate_limited: entry(
    429,
    'wait',
    say('登录太频繁', 'Signing in too often'),
    say(
      '微信限制了调用频率。请按 Retry-After 等待后再试；如果经常出现，请检查客户端是否重复调用 wx.login。',
      'WeChat limits how often this may be called. Wait as Retry-After says; if it happens often, see whether the client calls wx.login needlessly.',
    ),
    [45011, 45009],
  ),
  wechat_user_blocked: entry(
    403,
    'none',
    say('微信拦截了该用户', 'WeChat blocks this user'),
    say(
      '微信判定该微信号为高风险用户，拒绝登录。请用户联系微信客服；重试无效。',
      'WeChat regards this account as high-risk and refuses its login. The person has to contact WeChat; trying again does not help.',
    ),
    [40226],
  ),
  wechat_unreachable: entry(
    503,
    'retry',
    say('无法连接微信', 'WeChat cannot be reached'),
    say(
      '服务端在时限内没有得到微信的有效应答。请按 Retry-After 稍候，再用新的 code 重试；已登录的用户不受影响。',
      'The server got no valid answer from WeChat in time. Wait as Retry-After says, then try again with a new code; people who are signed in are not affected.',
    ),
  ),
  wechat_config: entry(
    500,
    'fix_config',
    say('微信登录配置有误', 'WeChat sign-in is misconfigured'),
    say(
      '服务端的微信配置需要运维人员修正，用户无法自行解决。运维人员可按 errcode 查看服务端日志。',
      'The operator has to mend the server’s WeChat settings; the person cannot. The operator finds the errcode in the server’s log.',
    ),
    [40013, 40125, 40164, 40243, 41002, 41004, 50004, 50007, 61004, 45035],
  ),
  wechat_error: entry(
    502,
    'none',
    say('微信返回了错误', 'WeChat answered with an error'),
    say(
      '微信拒绝了这次登录，原因不在已知列表中。请把 errcode 和 rid 提供给开发者。',
      'WeChat refused this login for a reason that is not in the known list. Give the errcode and rid to the developer.',
    ),
  ),
  snapshot_user: entry(
    403,
    'none',
    say('快照页访客不能登录', 'Snapshot-page visitors cannot sign in'),
    say(
      '当前是微信的快照页，身份是虚拟的。请点击“使用完整服务”后再登录。',
      'This is WeChat’s snapshot page, whose identity is virtual. Choose “use the full service” first, then sign in.',
    ),
  ),

  // What the caller sent
  app_unknown: entry(
    400,
    'fix_config',
    say('应用未配置', 'Unknown app'),
    say(
      '服务端没有配置这个 app_id，或配置了多个应用而请求没有指明 app_id。请核对客户端与服务端的 AppID。',
      'The server has no app with this app_id, or has several and the request names none. Compare the AppIDs of client and server.',
    ),
  ),
  body_invalid: entry(
    400,
    'none',
    say('请求内容不正确', 'The request is not well formed'),
    say(
      '请求体不符合接口约定。请对照 /openapi.json 修改请求。',
      'The request body does not match the interface. Correct it by /openapi.json.',
    ),
  ),
  body_too_large: entry(
    413,
    'none',
    say('请求内容过大', 'The request is too large'),
    say('请求体超过了 64 KB。请缩小后再发送。', 'The request body exceeds 64 KB. Send less.'),
  ),
  media_type_unsupported: entry(
    415,
    'none',
    say('不支持的内容类型', 'Unsupported media type'),
    say(
      '请使用 Content-Type: application/json（/v1/token、/v1/revoke 和 /v1/introspect 也接受表单）。',
      'Send Content-Type: application/json (/v1/token, /v1/revoke and /v1/introspect also take a form).',
    ),
  ),
  method_not_allowed: entry(
    405,
    'none',
    say('不支持的请求方法', 'Method not allowed'),
    say(
      '该路径不支持这种方法，允许的方法见 Allow 响应头。',
      'This path does not take that method; the Allow header names those it does.',
    ),
  ),
  not_found: entry(
    404,
    'none',
    say('没有找到', 'Not found'),
    say(
      '路径不存在，或该对象不属于当前用户。',
      'There is no such path, or the thing does not belong to this user.',
    ),
  ),
  rate_limited: entry(
    429,
    'wait',
    say('请求太频繁', 'Too many requests'),
    say('请按 Retry-After 等待后再试。', 'Wait as Retry-After says, then try again.'),
  ),

  // Tickets, phones, codes and passwords
  ticket_invalid: entry(
    400,
    'relogin',
    say('登录票据无效', 'The ticket is not valid'),
    say(
      'ticket 已使用、已过期（10 分钟），或属于另一个应用。请重新登录。',
      'The ticket was used, is older than 10 minutes, or belongs to another app. Sign in again.',
    ),
  ),
  phone_taken: entry(
    409,
    'none',
    say('手机号已绑定其他微信', 'The phone is bound to another WeChat account'),
    say(
      '这个手机号的账号在本应用中已绑定另一个微信。没有做任何更改。',
      'This phone’s account is bound to another WeChat identity in this app. Nothing was changed.',
    ),
  ),
  phone_code_invalid: entry(
    400,
    'retry',
    say('手机号凭证无效', 'The phone code is not valid'),
    say(
      'phone_code 必须来自手机号按钮（不是 wx.login），5 分钟内有效且只能用一次。请让用户再点一次按钮。',
      'phone_code must come from the phone button (not from wx.login), lives 5 minutes and works once. Ask the person to tap the button again.',
    ),
  ),
  phone_unverified: entry(
    403,
    'none',
    say('手机号未验证', 'The phone is not verified'),
    say(
      '请先用短信验证码或手机号按钮验证这个号码。',
      'Verify this number first, by SMS code or by the phone button.',
    ),
  ),
  password_wrong: entry(
    401,
    'none',
    say('手机号或密码错误', 'Wrong phone or password'),
    say(
      '请检查后重新输入，或改用短信验证码登录。',
      'Check and type again, or sign in by SMS code.',
    ),
  ),
  password_weak: entry(
    400,
    'none',
    say('密码太弱', 'The password is too weak'),
    say(
      '请使用更长、且不在常用或已泄露列表中的密码。',
      'Use a longer one that is not on the lists of common or leaked passwords.',
    ),
  ),
  captcha_required: entry(
    403,
    'retry',
    say('请先完成人机验证', 'A CAPTCHA is required'),
    say(
      '发送验证码之前需要通过人机验证，请求没有带上有效的 captcha。没有发送短信。请让用户完成验证，再带上新的 captcha 重试。',
      'Codes are sent only after a CAPTCHA, and the request had no valid captcha. Nothing was sent. Have the person solve it, then try again with a fresh captcha.',
    ),
  ),
  otp_wrong: entry(
    400,
    'none',
    say('验证码错误', 'Wrong code'),
    say('请核对短信中的验证码后重新输入。', 'Compare with the code in the SMS and type it again.'),
  ),
  otp_expired: entry(
    400,
    'none',
    say('验证码已过期', 'The code has expired'),
    say('请重新获取验证码。', 'Ask for a new code.'),
  ),
  otp_exhausted: entry(
    429,
    'none',
    say('验证码错误次数过多', 'Too many wrong codes'),
    say('这个验证码已作废，请重新获取。', 'This code is void. Ask for a new one.'),
  ),
  session_key_stale: entry(
    409,
    'relogin',
    say('session_key 已过期', 'The session_key is stale'),
    say(
      '请重新调用 wx.login 登录，再让用户重新提供数据。',
      'Sign in again with wx.login, then ask for the data again.',
    ),
  ),
  data_invalid: entry(
    400,
    'none',
    say('开放数据校验失败', 'The open data did not verify'),
    say(
      '签名、水印或密文不正确，数据没有被采用。',
      'Signature, watermark or ciphertext is wrong; the data was not taken.',
    ),
  ),

  // Tokens, sessions and users
  token_invalid: entry(
    401,
    'relogin',
    say('令牌无效', 'The token is not valid'),
    say(
      '令牌缺失、格式不对，或不是本服务签发的。请重新登录。',
      'The token is missing, malformed, or was not issued here. Sign in again.',
    ),
  ),
  token_expired: entry(
    401,
    'retry',
    say('令牌已过期', 'The token has expired'),
    say(
      '请用 refresh_token 换取新令牌后重试。',
      'Get a new one with the refresh_token, then try again.',
    ),
  ),
  refresh_reused: entry(
    401,
    'relogin',
    say('刷新令牌已被使用', 'The refresh token has been used'),
    say(
      '这个 refresh_token 已换过新令牌，不能再用。请重新登录。',
      'This refresh_token was already exchanged for a newer one. Sign in again.',
    ),
  ),
  session_ended: entry(
    401,
    'relogin',
    say('登录已结束', 'The session has ended'),
    say(
      '这次登录已退出、被移除或到期。请重新登录。',
      'This session was signed out, removed or has run out. Sign in again.',
    ),
  ),
  reauth_required: entry(
    403,
    'relogin',
    say('需要重新验证身份', 'Fresh proof is required'),
    say(
      '这项操作需要 10 分钟内的登录。请重新登录后再试。',
      'This needs a sign-in of the last 10 minutes. Sign in again, then repeat it.',
    ),
  ),
  last_way_in: entry(
    409,
    'none',
    say('不能移除最后一种登录方式', 'The last way in cannot be removed'),
    say(
      '移除后就无法再登录这个账号。请先绑定手机号或另一个微信身份。',
      'Nothing else would let you in to this account. Bind a phone or another WeChat identity first.',
    ),
  ),
  identity_taken: entry(
    409,
    'none',
    say('微信身份已被绑定', 'The WeChat identity is taken'),
    say(
      '这个微信已属于另一个账号，或当前账号在该应用中已绑定别的微信。没有做任何更改。',
      'This WeChat identity belongs to another account, or this account has another one in that app. Nothing was changed.',
    ),
  ),
  user_disabled: entry(
    403,
    'none',
    say('账号已停用', 'The account is disabled'),
    say(
      '账号被管理员停用或已注销。请联系客服。',
      'The account was disabled by an administrator or deleted. Contact support.',
    ),
  ),
  user_deleted: entry(
    403,
    'none',
    say('账号已注销', 'The account was deleted'),
    say(
      '账号已由本人注销，数据将在宽限期后清除。如要撤销注销，请在宽限期内带上 restore: true 重新登录。',
      'Its owner deleted this account; its data goes when the time to reconsider is over. To take it back, sign in with restore: true before that.',
    ),
  ),
  credential_invalid: entry(
    401,
    'fix_config',
    say('服务凭证无效', 'The service credential is not valid'),
    say(
      '请求没有带上有效的服务凭证，或它已到期、已轮换、已被停用。请后端的维护者用 kaimen credentials 查看或新建。',
      'The request carries no service credential that counts: it is missing, wrong, expired, rotated or ended. Whoever runs the back end looks it up, or makes another, with kaimen credentials.',
    ),
  ),
  scope_missing: entry(
    403,
    'fix_config',
    say('服务凭证没有这项权限', 'The service credential lacks a scope'),
    say(
      '这个服务凭证不包含该接口所需的权限。请用所需的权限新建一个凭证。',
      'This service credential does not have the scope that the route needs. Make one that has.',
    ),
  ),
  sign_in_refused: entry(
    403,
    'none',
    say('登录被拒绝', 'The sign-in was refused'),
    say('应用没有接受这次登录。', 'The application did not admit this sign-in.'),
  ),

  // What was read before it is written
  precondition_required: entry(
    428,
    'fix_config',
    say('缺少 If-Match', 'If-Match is missing'),
    say(
      '写入前请先读取，并把读到的 ETag 放进 If-Match，以免覆盖另一台设备的修改。没有做任何更改。',
      'Read before writing, and send the ETag that was read as If-Match, so that another device’s change is not overwritten. Nothing was changed.',
    ),
  ),
  preferences_changed: entry(
    412,
    'retry',
    say('偏好设置已在别处修改', 'The preferences were changed elsewhere'),
    say(
      '另一台设备刚刚修改过。没有做任何更改：请重新读取，合并后带上新的 ETag 再写。',
      'Another device has changed them. Nothing was written: read them again, put both together, then write with the new ETag.',
    ),
  ),

  // Web pages
  origin_refused: entry(
    403,
    'fix_config',
    say('请求来自未登记的网页', 'The page is not one of this server’s'),
    say(
      '请求来自其他网站的网页，或看不出来自哪里，因此没有使用浏览器的登录状态，也没有做任何更改。如果这是你的网页，请把它的来源（如 https://shop.example.com）加入服务端的 web.origins。',
      'The request comes from a page of another site, or does not say from where, so the browser’s session was not used and nothing was changed. If the page is yours, add its origin (as https://shop.example.com) to web.origins of the server.',
    ),
  ),
  return_to_invalid: entry(
    400,
    'fix_config',
    say('登录后的返回地址无效', 'The address to return to is not valid'),
    say(
      'return_to 必须是已登记来源上的网址，或以单个 / 开头的路径。没有开始登录。如果它属于你的网站，请把来源加入服务端的 web.origins。',
      'return_to has to be an address on one of the origins that are set, or a path that begins with one slash. No sign-in was begun. If it is your site’s, add its origin to web.origins of the server.',
    ),
  ),
  state_missing: entry(
    400,
    'relogin',
    say('登录请求不完整', 'The sign-in is incomplete'),
    say(
      '返回的地址里没有 state，可能被复制或改动过。没有登录，也没有做任何更改。请回到网页重新登录。',
      'The address that came back has no state: it was copied or changed. Nobody was signed in and nothing was changed. Go back to the page and sign in again.',
    ),
  ),
  state_expired: entry(
    400,
    'relogin',
    say('登录已超时', 'The sign-in took too long'),
    say(
      '这次登录不是从这里开始的，或已超过 10 分钟。没有登录，也没有做任何更改。请回到网页重新登录。',
      'This sign-in was not begun here, or was begun more than 10 minutes ago. Nobody was signed in and nothing was changed. Go back to the page and sign in again.',
    ),
  ),
  state_used: entry(
    400,
    'relogin',
    say('这个登录链接已经用过', 'This sign-in link has been used'),
    say(
      '一次授权只能登录一次，返回上一页或刷新不能再次登录。没有做任何更改。请回到网页重新登录。',
      'An authorization signs in once; going back or reloading does not do it again. Nothing was changed. Go back to the page and sign in again.',
    ),
  ),
  state_foreign: entry(
    403,
    'relogin',
    say('登录是在另一个浏览器里开始的', 'The sign-in was begun in another browser'),
    say(
      '为了不让别人把你登录成他的账号，登录必须在开始它的浏览器里完成。没有登录，也没有做任何更改。请在这个浏览器里重新登录；如果你没有要登录，请关闭本页。',
      'So that nobody can sign you in as themselves, a sign-in ends in the browser where it began. Nobody was signed in and nothing was changed. Sign in again in this browser; if you did not mean to sign in, close this page.',
    ),
  ),
  authorization_refused: entry(
    403,
    'none',
    say('你没有同意授权', 'You did not allow it'),
    say(
      '微信没有把你的身份告诉本网站。没有登录，也没有做任何更改。想登录时请再试一次并点“同意”。',
      'WeChat did not tell this site who you are. Nobody was signed in and nothing was changed. To sign in, try again and choose “Allow”.',
    ),
  ),
  account_required: entry(
    403,
    'none',
    say('还没有账号', 'There is no account yet'),
    say(
      '这个微信还没有账号，而在网页上不能注册。请先在小程序里登录一次并绑定手机号，再回到网页登录。没有做任何更改。',
      'This WeChat has no account yet, and none is opened on web pages. Sign in to the mini program once, with a phone number, then sign in here. Nothing was changed.',
    ),
  ),
  scan_invalid: entry(
    404,
    'none',
    say('二维码无效', 'The code is not valid'),
    say(
      '这不是本网站登录页上的小程序码。没有做任何更改。请刷新电脑上的登录页，再扫一次。',
      'This is no code of a sign-in page of ours. Nothing was changed. Reload the sign-in page on the computer and scan again.',
    ),
  ),
  scan_expired: entry(
    400,
    'none',
    say('二维码已过期', 'The code has expired'),
    say(
      '小程序码 2 分钟内有效。没有做任何更改。请在电脑上换一个新的，再扫一次。',
      'A code is good for 2 minutes. Nothing was changed. Ask for a new one on the computer and scan again.',
    ),
  ),
  scan_taken: entry(
    409,
    'none',
    say('二维码已被别人扫过', 'Somebody else scanned the code'),
    say(
      '一个小程序码只能由第一个扫码的人确认。没有做任何更改。请在电脑上换一个新的，再扫一次。',
      'Only whoever scans a code first can confirm it. Nothing was changed. Ask for a new one on the computer and scan again.',
    ),
  ),
  scan_unclaimed: entry(
    409,
    'none',
    say('请先扫码', 'Scan the code first'),
    say(
      '还没有人打开这次登录的确认页。没有做任何更改。请扫描电脑上的小程序码，看清是哪个网站，再确认。',
      'Nobody has opened the confirmation of this sign-in. Nothing was changed. Scan the code on the computer, look which site it is, then confirm.',
    ),
  ),
  scan_done: entry(
    409,
    'none',
    say('这次登录已经处理过', 'This sign-in was decided already'),
    say(
      '你已经同意或拒绝过这次登录，不能再改。没有做任何更改。如需登录，请在电脑上换一个新的小程序码。',
      'It was approved or rejected before, and that stands. Nothing was changed. To sign in, ask for a new code on the computer.',
    ),
  ),
  scan_foreign: entry(
    403,
    'none',
    say('二维码属于另一个浏览器', 'The code belongs to another browser'),
    say(
      '小程序码只能让显示它的浏览器登录，复制到别处没有用。没有做任何更改。请在这个浏览器里打开登录页。',
      'A code signs in only the browser that asked for it; a copy elsewhere is of no use. Nothing was changed. Open the sign-in page in this browser.',
    ),
  ),

  // The operator's console
  admin_required: entry(
    401,
    'none',
    say('请先登录控制台', 'Not signed in to the console'),
    say(
      '这个浏览器里没有管理员登录，或已超时（30 分钟未操作，或满 12 小时）。没有做任何更改。请重新登录控制台。',
      'No administrator is signed in in this browser, or the session has run out: after 30 minutes without use, or 12 hours. Nothing was changed. Sign in to the console again.',
    ),
  ),
  admin_password_wrong: entry(
    401,
    'none',
    say('名称或密码错误', 'Wrong name or password'),
    say(
      '没有这个管理员，或密码不对。请检查后重新输入；忘记密码时，请让所有者发一个新的设置链接。',
      'There is no such administrator, or the password is another. Check and type again; if it is forgotten, ask an owner for a new set-up link.',
    ),
  ),
  second_factor_wrong: entry(
    401,
    'none',
    say('动态验证码不正确', 'The second factor is wrong'),
    say(
      '验证码不对、已过期，或已经用过；恢复码每个只能用一次。请等待验证器显示下一个验证码再试，并确认手机时间准确。',
      'The code is wrong, too old, or was used; each recovery code works once. Wait for the next code of the authenticator, and see that its clock is right.',
    ),
  ),
  role_missing: entry(
    403,
    'none',
    say('没有权限', 'Your role does not allow this'),
    say(
      '你的管理员角色不能做这件事，因此没有做任何更改。请让所有者来做，或请其更改你的角色。',
      'An administrator of your role may not do this, so nothing was changed. Ask an owner to do it, or to give you another role.',
    ),
  ),
  invite_invalid: entry(
    400,
    'none',
    say('设置链接无效', 'The set-up link is not valid'),
    say(
      '链接不完整、已经用过，或已超过 24 小时。请让所有者发一个新的，或运行 kaimen admin invite。',
      'The link is incomplete, was used, or is older than 24 hours. Ask an owner for another, or run kaimen admin invite.',
    ),
  ),
  admin_name_taken: entry(
    409,
    'none',
    say('名称已被使用', 'The name is taken'),
    say(
      '已有管理员叫这个名称（不分大小写）。设置链接还可以用，请换一个名称。',
      'An administrator of this name is there already, whatever the case. The set-up link still works: choose another name.',
    ),
  ),
  last_owner: entry(
    409,
    'none',
    say('至少要有一位所有者', 'There has to be an owner'),
    say(
      '这是最后一位所有者，因此没有做任何更改。请先让另一位管理员成为所有者。',
      'This is the last owner, so nothing was changed. Make another administrator an owner first.',
    ),
  ),
  merge_refused: entry(
    409,
    'none',
    say('这两个账号不能合并', 'These two cannot be merged'),
    say(
      '两个账号在同一个应用里各有自己的微信身份，对微信来说是两个人。没有做任何更改。',
      'Each has a WeChat identity of its own in one app, so to WeChat they are two people. Nothing was changed.',
    ),
  ),
  key_too_soon: entry(
    409,
    'none',
    say('还不能轮换密钥', 'It is too soon to rotate'),
    say(
      '下一把密钥发布的时间还不够长，现在轮换会让一些验证方认不出它。没有做任何更改。密钥列表里有最早的轮换时间。',
      'The next key was not published for long enough, and some verifiers would not know it. Nothing was changed. The list of keys says when it may be.',
    ),
  ),

  // The service itself
  unavailable: entry(
    503,
    'wait',
    say('服务暂不可用', 'The service is not available'),
    say(
      '这是服务端的问题，没有数据丢失。请按 Retry-After 稍候再试。',
      'This is the server’s fault; nothing was lost. Wait as Retry-After says, then try again.',
    ),
  ),
  internal_error: entry(
    500,
    'wait',
    say('服务端出错', 'The server failed'),
    say(
      '这是服务端的问题，已记录。请稍后再试。',
      'This is the server’s fault and has been logged. Try again later.',
    ),
  ),
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errorTable

export const errorCodes: readonly ErrorCode[] = Object.keys(errorTable).filter(
  (code): code is ErrorCode => Object.hasOwn(errorTable, code),
)

/** The error that one of WeChat's errcodes ends in; `wechat_error` for those that no entry names. */
export function errorCodeOf(errcode: number): ErrorCode {
  return byErrcode.get(errcode) ?? 'wechat_error'
}

const byErrcode = new Map<number, ErrorCode>(
  errorCodes.flatMap((code) => {
    const { errcodes }: ErrorEntry = errorTable[code]
    return (errcodes ?? []).map((errcode) => [errcode, code] as const)
  }),
)
