import type { WeChatRequest } from './endpoint.ts'

/** The parameters of the query, and of a form that was POSTed where the query has none. */
export function readParameters({
  query,
  headers,
  body,
}: WeChatRequest): Readonly<Record<string, string | undefined>> {
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded')
  const form = new URLSearchParams(isForm ? (body ?? '') : '')
  // The first of a name that is given twice counts, and the query before the form.
  return Object.fromEntries([...query, ...form].toReversed())
}
