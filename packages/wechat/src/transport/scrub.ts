/**
 * Takes `values` out of a text that others wrote, plain, percent-encoded and as JSON, folds control
 * characters so that it cannot forge a log line, and cuts it to 300 characters.
 */
export function scrub(text: string, values: readonly string[]): string {
  let clean = text
  for (const spelling of values.flatMap((value) => spellings(value))) {
    clean = clean.replaceAll(spelling, '[secret]')
  }
  return clean.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').slice(0, 300)
}

function spellings(value: string): string[] {
  if (value === '') return []
  // By way of a Buffer: encodeURIComponent throws on half a surrogate pair.
  const encoded = encodeURIComponent(Buffer.from(value).toString())
  const inQuery = new URLSearchParams({ '': value }).toString().slice(1)
  return [value, encoded, inQuery, JSON.stringify(value).slice(1, -1)]
}

/**
 * An error of undici or Node without what could hold the exchange: only name, code and a scrubbed
 * message pass. undici's own errors can carry raw replies and sockets.
 */
export function cleanCause(error: Error, values: readonly string[]): Error {
  // Node joins the failures of several addresses in an AggregateError with an empty message.
  const message =
    error instanceof AggregateError ? error.errors.map((each) => messageOf(each)).join('; ') : ''
  const clean = new Error(scrub(message === '' ? error.message : message, values))
  clean.name = scrub(error.name, values)
  const code = 'code' in error ? error.code : undefined
  return typeof code === 'string' ? Object.assign(clean, { code: scrub(code, values) }) : clean
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : ''
}
