import {
  errorTable,
  type ErrorCode,
  type ErrorEntry,
  type Localized,
  type Problem,
} from '@kaimen/protocol'
import type { KaimenError } from '../errors.ts'

type Language = keyof Localized

/** Simplified Chinese unless English is asked for first: most who read these write mini programs. */
function chooseLanguage(acceptLanguage: string | null | undefined): Language {
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

/** RFC 6750 section 3. */
function challenge(code: ErrorCode, status: number): Record<string, string> {
  if (status !== 401 || code === 'password_wrong') return {}
  return { 'www-authenticate': 'Bearer error="invalid_token"' }
}
