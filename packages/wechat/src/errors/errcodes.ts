import { explainCallErrcode } from './call-errcodes.ts'
import type { ErrorEntry } from './error-entry.ts'

/**
 * What WeChat's `errcode` means: its global return codes, and those that code2Session was seen to
 * answer beyond its documentation.
 *
 * @see https://developers.weixin.qq.com/doc/oplatform/developers/errCode/errCode.html
 */
export const errcodes = {
  [-1]: {
    fault: 'wechat',
    retryable: true,
    meaning: { en: 'WeChat is busy', zh: '微信系统繁忙' },
    fix: {
      en: 'Try again after a pause of a second or more.',
      zh: '稍候（一秒以上）再试。',
    },
  },
  40001: {
    fault: 'operator',
    retryable: false,
    meaning: {
      en: 'AppSecret wrong, or access_token wrong or no longer the latest',
      zh: 'AppSecret 错误，或 access_token 无效、已不是最新',
    },
    fix: {
      en: 'When fetching a token: correct the AppSecret. Otherwise another process fetched a token with /cgi-bin/token: use stable_token everywhere, drop the cached token and fetch again once.',
      zh: '获取 token 时：核对 AppSecret。其他接口：另有进程用 /cgi-bin/token 刷新了 token，请统一改用 stable_token，丢弃缓存后重新获取一次。',
    },
  },
  40002: {
    fault: 'caller',
    retryable: false,
    meaning: { en: 'grant_type is wrong', zh: 'grant_type 不正确' },
    fix: { en: 'Send the grant_type of this endpoint.', zh: '按该接口的文档填写 grant_type。' },
  },
  40003: {
    fault: 'caller',
    retryable: false,
    meaning: { en: 'openid is wrong', zh: 'openid 不正确' },
    fix: {
      en: 'Use the openid that this very appid was given: openids differ between appids.',
      zh: '使用同一 appid 下取得的 openid；不同 appid 的 openid 互不相同。',
    },
  },
  40013: {
    fault: 'operator',
    retryable: false,
    meaning: { en: 'appid unknown', zh: 'AppID 无效' },
    fix: {
      en: 'Compare the configured appid with the one in the WeChat console, letter by letter.',
      zh: '逐字核对配置的 AppID 与微信公众平台后台显示的是否一致。',
    },
  },
  40014: {
    fault: 'caller',
    retryable: false,
    meaning: { en: 'access_token invalid', zh: 'access_token 不合法' },
    fix: {
      en: 'Drop the cached token, fetch a new one and try once more.',
      zh: '丢弃缓存的 token，重新获取后再试一次。',
    },
  },
  40029: {
    fault: 'user',
    retryable: false,
    meaning: {
      en: 'code invalid, expired, or from another appid',
      zh: 'code 无效、已过期，或属于另一个 appid',
    },
    fix: {
      en: 'Call wx.login again. If it goes on: the mini program runs under another appid than the server is set to; the code is DevTools’ mock one (tourist appid); or a phone-number code (64 hex digits) was sent where a login code belongs.',
      zh: '重新调用 wx.login。若持续出现：小程序与服务器配置的 appid 不一致；或 code 来自开发者工具的游客模式（mock code）；或误把手机号 code（64 位十六进制）当作登录 code。',
    },
  },
  40030: {
    fault: 'user',
    retryable: false,
    meaning: { en: 'refresh_token invalid', zh: 'refresh_token 不合法' },
    fix: { en: 'Send the user through authorisation again.', zh: '引导用户重新授权。' },
  },
  40066: {
    fault: 'caller',
    retryable: false,
    meaning: { en: 'URL invalid', zh: 'URL 不合法' },
    fix: { en: 'Correct the path or URL that was sent.', zh: '检查请求的路径或 URL。' },
  },
  40090: {
    fault: 'operator',
    retryable: false,
    meaning: {
      en: 'this server’s IP is not in the third-party platform’s whitelist',
      zh: '本服务器 IP 不在第三方平台的白名单中',
    },
    fix: {
      en: 'Add the server’s egress IP in the third-party platform’s console.',
      zh: '在第三方平台后台添加服务器的出口 IP。',
    },
  },
  40097: {
    fault: 'caller',
    retryable: false,
    meaning: { en: 'a parameter is wrong', zh: '参数不正确' },
    fix: {
      en: 'Compare the parameters with the endpoint’s page.',
      zh: '对照接口文档检查参数。',
    },
  },
  40125: {
    fault: 'operator',
    retryable: false,
    meaning: { en: 'AppSecret wrong', zh: 'AppSecret 错误' },
    fix: {
      en: 'Set the AppSecret that belongs to this appid. If it was reset in the console, the old one is dead.',
      zh: '填写该 AppID 对应的 AppSecret；若已在后台重置，旧的即失效。',
    },
  },
  40163: {
    fault: 'user',
    retryable: false,
    meaning: { en: 'code already used', zh: 'code 已被使用' },
    fix: {
      en: 'A code is good for one exchange. Call wx.login again, and send each code once: no retry, no double tap.',
      zh: '一个 code 只能换取一次。请重新调用 wx.login，并避免重试或重复提交同一个 code。',
    },
  },
  40164: {
    fault: 'operator',
    retryable: false,
    meaning: {
      en: 'this server’s IP is not in the account’s IP whitelist',
      zh: '本服务器 IP 不在账号的 IP 白名单中',
    },
    fix: {
      en: 'Add the IP named in the message to the IP whitelist of this appid in the WeChat console. An egress IP can change; IPv6 counts too.',
      zh: '把提示中的 IP 加入该 AppID 在微信后台的 IP 白名单。注意出口 IP 可能变化，IPv6 也算。',
    },
  },
  40226: {
    fault: 'user',
    retryable: false,
    meaning: { en: 'WeChat blocks this user as high-risk', zh: '高风险用户，微信拦截了登录' },
    fix: {
      en: 'Refuse the sign-in and tell the user that WeChat restricts the account. Nothing on the server can change it.',
      zh: '拒绝登录并告知用户其微信账号受到限制；服务器端无法解除。',
    },
  },
  40243: {
    fault: 'operator',
    retryable: false,
    meaning: { en: 'AppSecret is frozen', zh: 'AppSecret 已被冻结' },
    fix: {
      en: 'Unfreeze the AppSecret in the WeChat console; it takes about ten minutes to act.',
      zh: '在微信后台解冻 AppSecret，约十分钟后生效。',
    },
  },
  41001: {
    fault: 'caller',
    retryable: false,
    meaning: { en: 'access_token missing', zh: '缺少 access_token' },
    fix: { en: 'Send access_token in the query.', zh: '在查询参数中携带 access_token。' },
  },
  41002: {
    fault: 'caller',
    retryable: false,
    meaning: { en: 'appid missing', zh: '缺少 appid' },
    fix: {
      en: 'Send appid where the endpoint wants it: query for GET, JSON for POST, never a form.',
      zh: '按接口要求传 appid：GET 用查询参数，POST 用 JSON，不要用表单。',
    },
  },
  41003: {
    fault: 'caller',
    retryable: false,
    meaning: { en: 'refresh_token missing', zh: '缺少 refresh_token' },
    fix: { en: 'Send refresh_token.', zh: '补上 refresh_token。' },
  },
  41004: {
    fault: 'caller',
    retryable: false,
    meaning: { en: 'secret missing', zh: '缺少 secret' },
    fix: { en: 'Send the AppSecret as secret.', zh: '以 secret 参数传 AppSecret。' },
  },
  41008: {
    fault: 'caller',
    retryable: false,
    meaning: { en: 'code missing', zh: '缺少 code' },
    fix: { en: 'Send the code that the client was given.', zh: '携带客户端取得的 code。' },
  },
  41009: {
    fault: 'caller',
    retryable: false,
    meaning: { en: 'openid missing', zh: '缺少 openid' },
    fix: { en: 'Send the user’s openid.', zh: '携带用户的 openid。' },
  },
  42001: {
    fault: 'caller',
    retryable: false,
    meaning: { en: 'access_token expired', zh: 'access_token 已过期' },
    fix: {
      en: 'Drop the cached token, fetch a new one and try once more.',
      zh: '丢弃缓存的 token，重新获取后再试一次。',
    },
  },
  42002: {
    fault: 'user',
    retryable: false,
    meaning: { en: 'refresh_token expired', zh: 'refresh_token 已过期' },
    fix: { en: 'Send the user through authorisation again.', zh: '引导用户重新授权。' },
  },
  42003: {
    fault: 'user',
    retryable: false,
    meaning: { en: 'code expired', zh: 'code 已过期' },
    fix: { en: 'Send the user through authorisation again.', zh: '引导用户重新授权。' },
  },
  42007: {
    fault: 'user',
    retryable: false,
    meaning: {
      en: 'the user changed their WeChat password; both tokens are dead',
      zh: '用户修改了微信密码，access_token 与 refresh_token 均已失效',
    },
    fix: { en: 'Send the user through authorisation again.', zh: '引导用户重新授权。' },
  },
  43001: {
    fault: 'caller',
    retryable: false,
    meaning: { en: 'the endpoint wants GET', zh: '需要 GET 请求' },
    fix: { en: 'Send it as GET.', zh: '改用 GET。' },
  },
  43002: {
    fault: 'caller',
    retryable: false,
    meaning: { en: 'the endpoint wants POST', zh: '需要 POST 请求' },
    fix: { en: 'Send it as POST.', zh: '改用 POST。' },
  },
  43003: {
    fault: 'caller',
    retryable: false,
    meaning: { en: 'the endpoint wants HTTPS', zh: '需要 HTTPS 请求' },
    fix: { en: 'Use an https:// base URL.', zh: '使用 https:// 地址。' },
  },
  44002: {
    fault: 'caller',
    retryable: false,
    meaning: { en: 'the POST body is empty', zh: 'POST 数据包为空' },
    fix: { en: 'Send the JSON body.', zh: '补上 JSON 请求体。' },
  },
  45009: {
    fault: 'operator',
    retryable: false,
    meaning: { en: 'the daily quota is used up', zh: '接口每日调用额度已用完' },
    fix: {
      en: 'Wait for midnight (Beijing time), or clear the quota in the console, and find what spends it.',
      zh: '等待次日零点（北京时间）或在后台清零额度，并查明消耗来源。',
    },
  },
  45011: {
    fault: 'wechat',
    retryable: true,
    meaning: { en: 'called too often in this minute', zh: '调用过于频繁（分钟级限制）' },
    fix: {
      en: 'Wait for the next minute. A user who loops over wx.login reaches it alone.',
      zh: '等到下一分钟再试。单个用户循环调用 wx.login 也会触发。',
    },
  },
  45035: {
    fault: 'operator',
    retryable: false,
    meaning: {
      en: 'this server’s IP is not in the account’s IP whitelist',
      zh: '本服务器 IP 不在账号的 IP 白名单中',
    },
    fix: {
      en: 'Add the server’s egress IP to the IP whitelist of this appid in the WeChat console.',
      zh: '把服务器的出口 IP 加入该 AppID 在微信后台的 IP 白名单。',
    },
  },
  47001: {
    fault: 'caller',
    retryable: false,
    meaning: { en: 'the body cannot be parsed', zh: '请求体无法解析' },
    fix: { en: 'Send JSON in UTF-8, not a form.', zh: '发送 UTF-8 编码的 JSON，不要用表单。' },
  },
  48001: {
    fault: 'operator',
    retryable: false,
    meaning: {
      en: 'the account or the scope does not include this API',
      zh: '账号或授权范围没有该接口权限',
    },
    fix: {
      en: 'Check in the console that the account has this API; for /sns/userinfo ask for snsapi_userinfo.',
      zh: '在后台确认账号拥有该接口权限；/sns/userinfo 需要 snsapi_userinfo 授权。',
    },
  },
  48004: {
    fault: 'operator',
    retryable: false,
    meaning: { en: 'WeChat has forbidden this API to the account', zh: '该接口已被封禁' },
    fix: {
      en: 'Read the notice in the WeChat console.',
      zh: '登录微信后台查看站内通知。',
    },
  },
  48006: {
    fault: 'operator',
    retryable: false,
    meaning: { en: 'no more clearing of quotas this month', zh: '本月额度清零次数已用完' },
    fix: { en: 'Wait for the next month.', zh: '下月再试。' },
  },
  50001: {
    fault: 'operator',
    retryable: false,
    meaning: { en: 'the user has not authorised this API', zh: '用户未授权该接口' },
    fix: { en: 'Ask the user for the authorisation first.', zh: '先取得用户授权。' },
  },
  50002: {
    fault: 'user',
    retryable: false,
    meaning: {
      en: 'WeChat restricts this user or account',
      zh: '用户受限，账号可能违规被封禁',
    },
    fix: {
      en: 'Tell the user that WeChat restricts the account.',
      zh: '告知用户其微信账号受到限制。',
    },
  },
  50004: {
    fault: 'operator',
    retryable: false,
    meaning: {
      en: 'the account may not use the token endpoint',
      zh: '该账号被禁止使用 token 接口',
    },
    fix: {
      en: 'Read the notice in the WeChat console.',
      zh: '登录微信后台查看站内通知。',
    },
  },
  50007: {
    fault: 'operator',
    retryable: false,
    meaning: { en: 'the account is frozen', zh: '账号已被冻结' },
    fix: {
      en: 'Read the notice in the WeChat console.',
      zh: '登录微信后台查看站内通知。',
    },
  },
  61004: {
    fault: 'operator',
    retryable: false,
    meaning: {
      en: 'this server’s IP is not in the account’s IP whitelist',
      zh: '本服务器 IP 不在账号的 IP 白名单中',
    },
    fix: {
      en: 'Add the server’s egress IP to the IP whitelist of this appid in the WeChat console.',
      zh: '把服务器的出口 IP 加入该 AppID 在微信后台的 IP 白名单。',
    },
  },
  61007: {
    fault: 'operator',
    retryable: false,
    meaning: {
      en: 'the account has not authorised the third-party platform',
      zh: '账号未授权给该第三方平台',
    },
    fix: {
      en: 'Let the account’s owner authorise the platform for this API.',
      zh: '请账号管理员将该接口权限授权给第三方平台。',
    },
  },
  61024: {
    fault: 'caller',
    retryable: false,
    meaning: {
      en: 'an account under a third-party platform must be called with the platform’s token',
      zh: '第三方平台代运营的账号须使用平台换取的 token',
    },
    fix: {
      en: 'Use the token that the third-party platform obtained for this account.',
      zh: '改用第三方平台为该账号换取的 token。',
    },
  },
  76021: {
    fault: 'caller',
    retryable: false,
    meaning: { en: 'cgi_path is wrong', zh: 'cgi_path 不正确' },
    fix: {
      en: 'Give the path as it stands in the URL, for example /sns/jscode2session.',
      zh: '填写 URL 中的路径，例如 /sns/jscode2session。',
    },
  },
  76022: {
    fault: 'caller',
    retryable: false,
    meaning: { en: 'token and account do not match', zh: 'token 与账号不匹配' },
    fix: {
      en: 'Ask with the token of the account that the API belongs to.',
      zh: '使用该接口所属账号的 token。',
    },
  },
  87008: {
    fault: 'caller',
    retryable: false,
    meaning: { en: 'sig_method is wrong', zh: 'sig_method 不正确' },
    fix: { en: 'Send sig_method=hmac_sha256.', zh: 'sig_method 只能是 hmac_sha256。' },
  },
  87009: {
    fault: 'user',
    retryable: false,
    meaning: {
      en: 'the login-state signature does not fit: session_key stale, or signed wrongly',
      zh: '登录态签名不符：session_key 已失效，或签名方法有误',
    },
    fix: {
      en: 'Call wx.login again. If it goes on: the HMAC-SHA256 key is the session_key text as received, not decoded.',
      zh: '重新调用 wx.login。若持续出现：HMAC-SHA256 的密钥是收到的 session_key 原文，不要解码。',
    },
  },
  89501: {
    fault: 'operator',
    retryable: false,
    meaning: {
      en: 'calls from this IP are waiting for an administrator’s consent',
      zh: '此 IP 正在等待管理员确认',
    },
    fix: {
      en: 'Ask the account’s administrator to confirm in WeChat.',
      zh: '请账号管理员在微信中确认。',
    },
  },
  89503: {
    fault: 'operator',
    retryable: false,
    meaning: {
      en: 'calls from this IP need an administrator’s consent',
      zh: '此 IP 调用需要管理员确认',
    },
    fix: {
      en: 'Ask the account’s administrator to confirm in WeChat, or add the IP to the whitelist.',
      zh: '请账号管理员在微信中确认，或把该 IP 加入白名单。',
    },
  },
  89506: {
    fault: 'operator',
    retryable: false,
    meaning: {
      en: 'an administrator refused this IP twice; it is shut out for 24 hours',
      zh: '管理员两次拒绝此 IP，24 小时内不能再试',
    },
    fix: {
      en: 'Settle it with the account’s administrator, then wait 24 hours.',
      zh: '与账号管理员沟通，24 小时后再试。',
    },
  },
  89507: {
    fault: 'operator',
    retryable: false,
    meaning: {
      en: 'an administrator refused this IP once; it is shut out for an hour',
      zh: '管理员拒绝了此 IP，1 小时内不能再试',
    },
    fix: {
      en: 'Settle it with the account’s administrator, then wait an hour.',
      zh: '与账号管理员沟通，1 小时后再试。',
    },
  },
} as const satisfies Record<number, ErrorEntry>

const unknown: ErrorEntry = {
  fault: 'wechat',
  retryable: false,
  meaning: { en: 'an errcode this version does not know', zh: '此版本未收录的错误码' },
  fix: {
    en: 'Look up the errcode in WeChat’s documentation, and the rid in the WeChat console (kept for seven days).',
    zh: '在微信官方文档查询该错误码，并在微信后台按 rid 查询详情（保留七天）。',
  },
}

const table: ReadonlyMap<number, ErrorEntry> = new Map(
  Object.entries(errcodes).map(([errcode, entry]) => [Number(errcode), entry]),
)

/**
 * What `errcode` means, in the words of the call named `endpoint` where it means something of its
 * own there. One that is in no table gets a generic entry.
 */
export function explainErrcode(errcode: number, endpoint = ''): ErrorEntry {
  return explainCallErrcode(endpoint, errcode) ?? table.get(errcode) ?? unknown
}
