import { AuthError } from '@kaimen/client/web'
import { texts, type Language } from '../texts.ts'

export const language: Language = document.documentElement.lang === 'en' ? 'en' : 'zh-CN'

export const words = texts[language]

/** What the person is told, and what to do next; `''`: nothing. */
export function explain(error: unknown): string {
  if (!(error instanceof AuthError)) return words.failed
  // The person's own doing.
  if (error.code === 'cancelled') return ''
  const end = language === 'en' ? '. ' : '。'
  return error.detail ? `${error.message}${end}${error.detail}` : error.message
}

const format = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' })

/** @param instant RFC 3339. */
export function formatTime(instant: string): string {
  return format.format(new Date(instant))
}
