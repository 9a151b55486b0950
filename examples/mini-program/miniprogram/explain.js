import { AuthError } from '@kaimen/client'
import { Refusal } from './api.js'

/**
 * What the person is told, and what to do next.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function explain(error) {
  if (error instanceof Refusal) return error.message
  if (!(error instanceof AuthError)) return '出错了，请稍后重试'
  const { code, message, action, retryAfterSeconds, detail } = error
  if (retryAfterSeconds) return `${message}（${retryAfterSeconds} 秒后可以再试）`
  if (code === 'user_disabled') return '账号已停用，如有疑问请联系客服'
  if (code === 'phone_required') return '这个小程序需要手机号才能登录'
  // The person cannot mend this; the developer, who is probably the one looking, can.
  if (action === 'fix_config') return `${message}（${code}）${detail ? `：${detail}` : ''}`
  return message
}
