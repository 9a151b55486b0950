import type { ErrorEntry } from './error-entry.ts'

const tokenRefused: ErrorEntry = {
  fault: 'operator',
  retryable: false,
  meaning: { en: 'AppSecret wrong', zh: 'AppSecret 错误' },
  fix: {
    en: 'Compare the configured AppSecret with the WeChat console; one that was reset there is void everywhere.',
    zh: '核对配置的 AppSecret 与微信后台是否一致；后台重置后旧值全部失效。',
  },
}

const oauthCode: ErrorEntry = {
  fault: 'user',
  retryable: false,
  meaning: {
    en: 'code invalid, expired, or from another appid',
    zh: 'code 无效、已过期，或属于另一个 appid',
  },
  fix: {
    en: 'Send the user through authorisation again. If it goes on: the page was opened with another appid than the server exchanges with.',
    zh: '引导用户重新授权。若持续出现：打开授权页所用的 appid 与服务器换取时的不一致。',
  },
}

const userToken: ErrorEntry = {
  fault: 'user',
  retryable: false,
  meaning: {
    en: 'the user’s access_token is wrong or no longer the latest',
    zh: '用户的 access_token 无效或已不是最新',
  },
  fix: {
    en: 'Refresh it with the refresh_token, or send the user through authorisation again. An app’s own access_token does not fit here.',
    zh: '用 refresh_token 刷新，或引导用户重新授权。此处不能使用应用自身的 access_token。',
  },
}

const expiredUserToken: ErrorEntry = {
  ...userToken,
  meaning: { en: 'the user’s access_token has expired', zh: '用户的 access_token 已过期' },
}

/**
 * What an errcode means to one call, where that differs from the global table or is not in it.
 *
 * @see The page of each call, named in its source.
 */
export const callErrcodes: Readonly<Record<string, Readonly<Record<number, ErrorEntry>>>> = {
  getAccessToken: { 40001: tokenRefused },
  getStableAccessToken: { 40001: tokenRefused },
  clearQuotaByAppSecret: { 40001: tokenRefused },

  getPhoneNumber: {
    40029: {
      fault: 'user',
      retryable: false,
      meaning: {
        en: 'phone-number code invalid, used, expired, or of another appid or openid',
        zh: '手机号 code 无效、已使用、已过期，或属于另一个 appid 或 openid',
      },
      fix: {
        en: 'Let the user tap the button again. If it goes on: the code is one of wx.login, or the access_token is of another appid than the mini program.',
        zh: '请用户重新点击按钮。若持续出现：误传了 wx.login 的 code，或 access_token 与小程序的 appid 不一致。',
      },
    },
    48001: {
      fault: 'operator',
      retryable: false,
      meaning: {
        en: 'this account may not ask for phone numbers',
        zh: '该账号没有获取手机号的权限',
      },
      fix: {
        en: 'Only verified mini programs that are not personal ones may.',
        zh: '仅限已认证的非个人主体小程序。',
      },
    },
  },

  checkEncryptedMessage: {
    1: {
      fault: 'user',
      retryable: false,
      meaning: {
        en: 'WeChat does not know this encrypted data: older than 3 days, of another appid, or made up',
        zh: '微信没有这份加密数据的记录：超过 3 天、属于其他 appid，或系伪造',
      },
      fix: {
        en: 'Do not trust the data. Let the user tap the button again.',
        zh: '不要信任该数据；请用户重新点击按钮。',
      },
    },
  },

  getPluginOpenPId: {
    1000: {
      fault: 'wechat',
      retryable: true,
      meaning: { en: 'WeChat failed', zh: '微信系统错误' },
      fix: { en: 'Try again after a pause.', zh: '稍候再试。' },
    },
    1001: {
      fault: 'caller',
      retryable: false,
      meaning: { en: 'a parameter is wrong', zh: '参数错误' },
      fix: { en: 'Send the code of wx.pluginLogin.', zh: '请传 wx.pluginLogin 的 code。' },
    },
    1003: {
      fault: 'wechat',
      retryable: true,
      meaning: { en: 'called too often', zh: '调用过于频繁' },
      fix: { en: 'Try again in the next minute.', zh: '一分钟后再试。' },
    },
    1005: {
      fault: 'operator',
      retryable: false,
      meaning: { en: 'the code is of another plugin', zh: 'code 属于其他插件' },
      fix: {
        en: 'Use the access_token of the plugin’s own appid.',
        zh: '使用该插件自身 appid 的 access_token。',
      },
    },
    1007: {
      fault: 'user',
      retryable: false,
      meaning: {
        en: 'nothing belongs to this code: used, expired, or one of wx.login',
        zh: 'code 没有对应数据：已使用、已过期，或误传了 wx.login 的 code',
      },
      fix: { en: 'Call wx.pluginLogin again.', zh: '重新调用 wx.pluginLogin。' },
    },
    1022: {
      fault: 'caller',
      retryable: false,
      meaning: { en: 'the body is not JSON', zh: '请求体不是 JSON' },
      fix: { en: 'Send a JSON object.', zh: '请发送 JSON 对象。' },
    },
    40016: {
      fault: 'caller',
      retryable: false,
      meaning: { en: 'a parameter is wrong', zh: '参数错误' },
      fix: { en: 'Send the code of wx.pluginLogin.', zh: '请传 wx.pluginLogin 的 code。' },
    },
  },

  getPaidUnionId: {
    89002: {
      fault: 'operator',
      retryable: false,
      meaning: {
        en: 'the app is not bound to an Open Platform account',
        zh: '该应用没有绑定开放平台账号',
      },
      fix: {
        en: 'Bind it at open.weixin.qq.com; until then nobody has a unionid.',
        zh: '请在 open.weixin.qq.com 绑定；绑定之前没有 unionid。',
      },
    },
    89300: {
      fault: 'user',
      retryable: false,
      meaning: {
        en: 'no such payment of this user in the last 5 minutes',
        zh: '最近 5 分钟内没有该用户的这笔支付',
      },
      fix: {
        en: 'Ask within 5 minutes after the payment, with its own numbers.',
        zh: '请在支付后 5 分钟内，用该笔支付的单号查询。',
      },
    },
  },

  getUserEncryptKey: {
    40003: {
      fault: 'caller',
      retryable: false,
      meaning: { en: 'openid is wrong or missing', zh: 'openid 不正确或缺失' },
      fix: {
        en: 'Use the openid that this very appid was given.',
        zh: '使用同一 appid 下取得的 openid。',
      },
    },
  },

  exchangeOAuthCode: {
    40029: oauthCode,
    40163: {
      fault: 'user',
      retryable: false,
      meaning: { en: 'the code has been used', zh: 'code 已被使用' },
      fix: {
        en: 'WeChat may open redirect_uri twice: answer the second visit with the session of the first. Else send the user through authorisation again.',
        zh: '微信可能两次打开 redirect_uri：第二次请直接沿用第一次的登录结果；否则引导用户重新授权。',
      },
    },
  },
  checkOAuthToken: { 40001: userToken, 40014: userToken, 42001: expiredUserToken },
  getUserInfo: {
    40001: userToken,
    40014: userToken,
    42001: expiredUserToken,
    48001: {
      fault: 'caller',
      retryable: false,
      meaning: {
        en: 'the user authorised snsapi_base only, which does not cover the profile',
        zh: '用户只授权了 snsapi_base，不包含用户资料',
      },
      fix: {
        en: 'Send the user through authorisation with scope snsapi_userinfo.',
        zh: '请以 snsapi_userinfo 重新发起授权。',
      },
    },
  },

  getUnlimitedQRCode: {
    40129: {
      fault: 'caller',
      retryable: false,
      meaning: { en: 'scene is wrong', zh: 'scene 不正确' },
      fix: {
        en: "At most 32 of digits, letters and !#$&'()*+,/:;=?@-._~ .",
        zh: "最多 32 个字符，限数字、字母与 !#$&'()*+,/:;=?@-._~ 。",
      },
    },
    40169: {
      fault: 'caller',
      retryable: false,
      meaning: {
        en: 'scene is too long, or the body is not JSON',
        zh: 'scene 过长，或请求体不是 JSON',
      },
      fix: { en: 'Send a scene of at most 32 characters.', zh: 'scene 最多 32 个字符。' },
    },
    41030: {
      fault: 'operator',
      retryable: false,
      meaning: {
        en: 'page is not in the released version',
        zh: 'page 不在已发布的版本中',
      },
      fix: {
        en: 'Release the page to everybody, or send check_path: false; no leading slash, no query.',
        zh: '请全量发布该页面，或传 check_path: false；路径不要以斜杠开头，也不要带参数。',
      },
    },
    45009: {
      fault: 'wechat',
      retryable: true,
      meaning: { en: 'too many codes in this minute', zh: '本分钟内生成的码过多' },
      fix: { en: 'Try again in the next minute.', zh: '一分钟后再试。' },
    },
    85096: {
      fault: 'caller',
      retryable: false,
      meaning: { en: 'scancode_time is a reserved name', zh: 'scancode_time 为系统保留参数' },
      fix: { en: 'Leave scancode_time out of page.', zh: '请勿在 page 中使用 scancode_time。' },
    },
  },

  getRidInfo: {
    76001: {
      fault: 'caller',
      retryable: false,
      meaning: { en: 'rid unknown', zh: 'rid 不存在' },
      fix: { en: 'Copy it whole from the error.', zh: '请从错误信息中完整复制。' },
    },
    76002: {
      fault: 'caller',
      retryable: false,
      meaning: { en: 'rid is empty or malformed', zh: 'rid 为空或格式错误' },
      fix: { en: 'Copy it whole from the error.', zh: '请从错误信息中完整复制。' },
    },
    76003: {
      fault: 'caller',
      retryable: false,
      meaning: { en: 'rid belongs to another account', zh: 'rid 属于其他账号' },
      fix: {
        en: 'Ask with the access_token of the account whose call it was.',
        zh: '请用发起该次调用的账号的 access_token 查询。',
      },
    },
    76004: {
      fault: 'caller',
      retryable: false,
      meaning: { en: 'rid is older than 7 days', zh: 'rid 已超过 7 天' },
      fix: { en: 'Look up a newer one.', zh: '请查询较新的 rid。' },
    },
  },
}

const table: ReadonlyMap<string, ErrorEntry> = new Map(
  Object.entries(callErrcodes).flatMap(([endpoint, entries]) =>
    Object.entries(entries).map(([errcode, entry]) => [`${endpoint} ${errcode}`, entry] as const),
  ),
)

export function explainCallErrcode(endpoint: string, errcode: number): ErrorEntry | undefined {
  return table.get(`${endpoint} ${errcode}`)
}
