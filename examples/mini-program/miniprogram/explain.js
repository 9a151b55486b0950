import { AuthError } from '@kaimen/client'

/**
 * Where more can be said than the error itself does.
 *
 * @type {{ [code in import('@kaimen/client').ErrorCode]?: string }}
 */
const wordsOf = {
  user_disabled: '账号已停用或已注销，请重新登录，或联系客服',
  user_deleted: '这个账号已注销，现在还可以撤销',
  phone_required: '这个小程序需要手机号才能登录',
  privacy_refused: '你没有同意隐私保护指引，所以没有取得手机号；可以用短信验证码',
  user_refused: '没有取得手机号，也可以用短信验证码',
  wx_phone_failed: '微信没有给出手机号，请用短信验证码',
  phone_quota: '暂时不能使用微信手机号，请用短信验证码',
  phone_taken: '这个手机号已属于另一个微信的账户，请换一个手机号',
  ticket_invalid: '停留太久了，请再试一次',
  reauth_required: '为了安全，请退出后重新登录，再试一次',
  preferences_changed: '另一台设备正在修改设置，请再试一次',
  not_found: '这里没有开通短信验证码',
}

/**
 * What the person is told, and what to do next.
 *
 * @param {unknown} error
 * @param {typeof wordsOf} [here] What a code means on this page.
 * @returns {string}
 */
export function explain(error, here = {}) {
  if (!(error instanceof AuthError)) return '出错了，请稍后重试'
  const { code, message, action, retryAfterSeconds, detail } = error
  const words = here[code] ?? wordsOf[code]
  if (words) return words
  if (retryAfterSeconds) return `${message}（${retryAfterSeconds} 秒后可以再试）`
  // The person cannot mend this; the developer, who is probably the one looking, can.
  if (action === 'fix_config') return `${message}（${code}）${detail ? `：${detail}` : ''}`
  return message
}
