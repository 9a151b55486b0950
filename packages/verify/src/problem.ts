import {
  chooseLanguage,
  errorTable,
  type ErrorCode,
  type ErrorEntry,
  type Localized,
} from '@kaimen/protocol/errors'
import type { VerifyErrorCode } from './errors.ts'

/** An answer that lets nobody in: RFC 9457, in the shape of the server's own. */
export type ProblemReply = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Problem
}

export type Problem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ErrorCode | 'forbidden'
  readonly retryable: boolean
  readonly action: string
}

/** The one refusal that is the service's own. */
const forbidden: { status: number; title: Localized; detail: Localized } = {
  status: 403,
  title: { 'zh-CN': '没有权限', en: 'Not allowed' },
  detail: {
    'zh-CN': '登录有效，但这个服务不允许该账号或该应用访问。',
    en: 'The sign-in is good, but this service does not let this account or this app in.',
  },
}

/** To the client a token that is missing is one that is not valid. */
const codes: Readonly<Record<VerifyErrorCode, ErrorCode | 'forbidden'>> = {
  token_missing: 'token_invalid',
  token_invalid: 'token_invalid',
  token_expired: 'token_expired',
  session_ended: 'session_ended',
  forbidden: 'forbidden',
  unavailable: 'unavailable',
}

/** RFC 6750 section 3; section 3.1: no error where there was no token. */
const challenges: Readonly<Partial<Record<VerifyErrorCode, string>>> = {
  token_missing: 'Bearer',
  token_invalid: 'Bearer error="invalid_token"',
  token_expired: 'Bearer error="invalid_token"',
  session_ended: 'Bearer error="invalid_token"',
  forbidden: 'Bearer error="insufficient_scope"',
}

export function describeProblem(
  refusal: VerifyErrorCode,
  acceptLanguage: string | undefined,
): ProblemReply {
  const code = codes[refusal]
  const language = chooseLanguage(acceptLanguage)
  const entry: ErrorEntry =
    code === 'forbidden' ? { ...forbidden, retryable: false, action: 'none' } : errorTable[code]
  const { status, title, detail, retryable, action } = entry
  const challenge = challenges[refusal]
  return {
    status,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      'content-language': language,
      'cache-control': 'no-store',
      ...(challenge !== undefined && { 'www-authenticate': challenge }),
      ...(status === 503 && { 'retry-after': '1' }),
    },
    body: {
      type: `urn:kaimen:error:${code}`,
      title: title[language],
      status,
      detail: detail[language],
      code,
      retryable,
      action,
    },
  }
}
