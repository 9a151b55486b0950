import {
  chooseLanguage,
  errorTable,
  type ErrorCode,
  type ErrorEntry,
  type Problem,
} from '@kaimen/protocol'
import type { KaimenError } from '../errors.ts'

/** RFC 9457. Written from the error table; of the error itself only what the client may know. */
export function problemResponse(
  error: KaimenError,
  acceptLanguage: string | null | undefined,
  headers: Record<string, string> = {},
): Response {
  const language = chooseLanguage(acceptLanguage)
  const { status, retryable, action, title, detail }: ErrorEntry = errorTable[error.code]
  const problem: Problem = {
    type: `urn:kaimen:error:${error.code}`,
    title: title[language],
    status,
    detail: (error.detail ?? detail)[language],
    code: error.code,
    retryable,
    action,
    ...(error.wechat && error.code !== 'wechat_config' && { wechat: error.wechat }),
  }
  return new Response(JSON.stringify(problem), {
    status,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      'content-language': language,
      'cache-control': 'no-store',
      ...retryAfter(error, status),
      ...challenge(error.code, status),
      ...headers,
    },
  })
}

function retryAfter({ retryAfterSeconds }: KaimenError, status: number): Record<string, string> {
  const seconds = retryAfterSeconds ?? (status === 503 || status === 429 ? 1 : undefined)
  return seconds === undefined ? {} : { 'retry-after': String(seconds) }
}

/** RFC 6750 section 3; of services also RFC 6749 section 5.2. */
function challenge(code: ErrorCode, status: number): Record<string, string> {
  if (code === 'scope_missing') {
    return { 'www-authenticate': 'Bearer error="insufficient_scope"' }
  }
  if (code === 'credential_invalid') {
    return {
      'www-authenticate':
        'Bearer error="invalid_token", Basic realm="kaimen service", charset="UTF-8"',
    }
  }
  if (status !== 401 || typedIn.has(code)) return {}
  return { 'www-authenticate': 'Bearer error="invalid_token"' }
}

/** What a person typed was wrong, or they have not signed in to the console: no token is asked for. */
const typedIn: ReadonlySet<ErrorCode> = new Set([
  'password_wrong',
  'admin_password_wrong',
  'second_factor_wrong',
  'admin_required',
])
