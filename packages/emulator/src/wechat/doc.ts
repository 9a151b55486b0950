import type { EndpointDoc } from './endpoint.ts'

type Fact = EndpointDoc['facts'][number]
type ErrcodeFact = EndpointDoc['errcodes'][number]

/** Something that is known of an endpoint. */
export function fact(about: Fact['about'], sure: Fact['sure'], en: string, zh: string): Fact {
  return { about, text: { en, zh }, sure }
}

/** When an endpoint answers an errcode. */
export function errcode(
  number: number,
  sure: ErrcodeFact['sure'],
  en: string,
  zh: string,
): ErrcodeFact {
  return { errcode: number, when: { en, zh }, sure }
}

/** What every endpoint answers that takes an access_token of any account. */
export const anyTokenErrcodes: readonly ErrcodeFact[] = [
  errcode(41001, 'documented', 'access_token is missing.', '缺少 access_token。'),
  errcode(
    40014,
    'seen',
    'The token is no token of any app.',
    'access_token 不是任何应用的有效凭证。',
  ),
  errcode(
    40001,
    'seen',
    'Another token has taken its place and the overlap is over.',
    'access_token 已被新的替换，且过渡期已过。',
  ),
  errcode(42001, 'documented', 'The token has expired.', 'access_token 已过期。'),
]

/** What every endpoint answers that takes an access_token of some kinds of account. */
export const tokenErrcodes: readonly ErrcodeFact[] = [
  ...anyTokenErrcodes,
  errcode(
    48001,
    'documented',
    'The account is not of the kind that may call this.',
    '该类型账号无权调用。',
  ),
]

/** What every endpoint answers that takes a POSTed JSON object. */
export const bodyErrcodes: readonly ErrcodeFact[] = [
  errcode(43002, 'documented', 'The request is no POST.', '请求不是 POST。'),
  errcode(44002, 'documented', 'The body is empty.', 'POST 数据为空。'),
  errcode(47001, 'documented', 'The body is no JSON object.', 'POST 数据不是 JSON 对象。'),
]

/** What every endpoint answers that checks the signature of a person's login state. */
export const signatureErrcodes: readonly ErrcodeFact[] = [
  errcode(
    40003,
    'documented',
    'openid is missing, or nobody of this app.',
    '缺少 openid，或 openid 不属于本应用。',
  ),
  errcode(
    87008,
    'documented',
    'sig_method is not `hmac_sha256`.',
    'sig_method 不是 `hmac_sha256`。',
  ),
  errcode(
    87009,
    'documented',
    'The signature is wrong, or the session_key was replaced or has expired.',
    '签名错误，或 session_key 已被替换或过期。',
  ),
]

/** What every endpoint answers that takes an appid and its secret for a token. */
export const credentialErrcodes: readonly ErrcodeFact[] = [
  errcode(41002, 'documented', 'appid is missing.', '缺少 appid。'),
  errcode(41004, 'documented', 'secret is missing.', '缺少 secret。'),
  errcode(
    40002,
    'documented',
    'grant_type is not `client_credential`.',
    'grant_type 不是 `client_credential`。',
  ),
  errcode(40013, 'documented', 'There is no such appid.', 'appid 不存在。'),
  errcode(
    40164,
    'documented',
    'The caller is not on the IP whitelist; 61004 or 45035 by the switch `ip_refused_errcode`.',
    '调用方 IP 不在白名单中；可用开关 `ip_refused_errcode` 改为 61004 或 45035。',
  ),
  errcode(
    40125,
    'documented',
    'The secret is wrong; 40001 by the switch `wrong_secret_errcode`.',
    'AppSecret 错误；可用开关 `wrong_secret_errcode` 改为 40001。',
  ),
  errcode(40243, 'documented', 'The secret is frozen.', 'AppSecret 已被冻结。'),
  errcode(
    50004,
    'documented',
    'An account of this kind gets no tokens, or by the switch `token_refused_errcode`.',
    '该类型账号不能获取凭证，或由开关 `token_refused_errcode` 触发。',
  ),
  errcode(
    50007,
    'documented',
    'The account is frozen: the switch `token_refused_errcode`.',
    '账号已被冻结：开关 `token_refused_errcode`。',
  ),
  errcode(
    61024,
    'documented',
    'The app must use the token of its component: the switch.',
    '须使用第三方平台凭证：同一开关。',
  ),
  errcode(
    89501,
    'documented',
    'The call by this IP awaits the consent of an administrator: the switch.',
    '该 IP 的调用等待管理员确认：同一开关。',
  ),
  errcode(
    89503,
    'documented',
    'The call by this IP needs the consent of an administrator: the switch.',
    '该 IP 的调用需要管理员确认：同一开关。',
  ),
  errcode(
    89506,
    'documented',
    'An administrator refused this IP twice, for 24 hours: the switch.',
    '管理员已两次拒绝该 IP，24 小时内不可用：同一开关。',
  ),
  errcode(
    89507,
    'documented',
    'An administrator refused this IP, for an hour: the switch.',
    '管理员已拒绝该 IP，1 小时内不可用：同一开关。',
  ),
]

/** What every page answers that sends a browser back. */
export const pageErrcodes: readonly ErrcodeFact[] = [
  errcode(
    10003,
    'documented',
    'The host of redirect_uri is not the one in the settings.',
    'redirect_uri 域名与后台配置不一致。',
  ),
  errcode(10005, 'documented', 'The app has no permission for the scope.', '没有该 scope 的权限。'),
  errcode(
    10009,
    'documented',
    'Too frequent: the switch `authorize_errcode`.',
    '操作太频繁：开关 `authorize_errcode`。',
  ),
  errcode(10010, 'documented', 'scope is empty.', 'scope 为空。'),
  errcode(10011, 'documented', 'redirect_uri is empty.', 'redirect_uri 为空。'),
  errcode(10012, 'documented', 'appid is empty.', 'appid 为空。'),
  errcode(
    10013,
    'documented',
    'state is empty, with the switch `state_required`.',
    'state 为空，且开关 `state_required` 打开。',
  ),
  errcode(10016, 'documented', 'The app is of another kind.', '不支持该类型的 appid。'),
  errcode(40013, 'assumed', 'There is no such appid.', 'appid 不存在。'),
]

/** What every endpoint answers that takes the access_token of a person. */
export const userTokenErrcodes: readonly ErrcodeFact[] = [
  errcode(
    40001,
    'documented',
    'The token is no token of a person; that of an app is none.',
    'access_token 不是用户授权的凭证；应用的凭证也不行。',
  ),
  errcode(42001, 'documented', 'The token has expired.', 'access_token 已过期。'),
  errcode(40003, 'documented', "The openid is not the token's.", 'openid 与 access_token 不符。'),
  errcode(41001, 'documented', 'access_token is missing.', '缺少 access_token。'),
  errcode(41009, 'documented', 'openid is missing.', '缺少 openid。'),
]
