import { AuthError, type ErrorCode, type ErrorFacts } from '../auth-error.ts'
import { refusalOf } from '../call.ts'
import type { Reply } from '../platform.ts'
import { isProblem } from '../wire.ts'
import { pageLanguage } from './language.ts'

/** What this client finds by itself, in both languages; the server’s words come from the server. */
const words: { readonly [code in ErrorCode]?: readonly [zh: string, en: string] } = {
  network: ['网络不通，请稍后重试', 'There is no connection; try again later'],
  timeout: ['超时，请稍后重试', 'It took too long; try again later'],
  rate_limited: ['请求太频繁，请稍后重试', 'Too many requests; try again later'],
  unavailable: ['服务不可用，请稍后重试', 'The service is not available; try again later'],
  signed_out: ['请先登录', 'Sign in first'],
  token_refused: ['登录未被接受', 'The sign-in was not accepted'],
  cancelled: ['已取消', 'Cancelled'],
  cookie_lost: [
    '浏览器没有保存登录：网页与 Kaimen 必须同站，见文档“同站”',
    'The browser did not keep the sign-in: page and Kaimen have to be of one site, see “One site” in the docs',
  ],
  reply_invalid: ['baseUrl 不是 Kaimen 的地址', 'What answers at baseUrl is not Kaimen'],
}

/** An {@link AuthError} in the language of the page. */
export function fail(code: ErrorCode, facts: ErrorFacts = {}): AuthError {
  const found = words[code]
  return new AuthError(code, {
    message: found && found[pageLanguage() === 'zh-CN' ? 0 : 1],
    ...facts,
  })
}

/** A mistake of the developer’s. */
export function misuse(zh: string, en: string): AuthError {
  return fail('options_invalid', { message: pageLanguage() === 'zh-CN' ? zh : en })
}

/** As {@link refusalOf}, in the language of the page. */
export function refuse(reply: Reply): AuthError {
  const error = refusalOf(reply)
  if (isProblem(reply.data)) return error
  const { code, status, retryAfterSeconds } = error
  return fail(code, { status, retryAfterSeconds })
}
