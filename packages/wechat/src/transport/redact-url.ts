/** Parameters that identify an app or a choice, never a person or a credential. */
const harmless = new Set(['appid', 'component_appid', 'grant_type', 'lang', 'sig_method'])

/**
 * Masks every query value of a WeChat URL or path but those known to be harmless, so that it can be
 * logged or put in a span. WeChat wants its secrets in the query, and whatever watches undici sees
 * them: pass its URLs through here.
 */
export function redactUrl(url: string): string {
  const start = url.indexOf('?')
  if (start === -1) return url
  const [query, fragment] = splitOnce(url.slice(start + 1), '#')
  const masked = query
    .split('&')
    .map((pair) => {
      const [name, value] = splitOnce(pair, '=')
      return value === undefined || value === '' || harmless.has(name) ? pair : `${name}=REDACTED`
    })
    .join('&')
  return `${url.slice(0, start)}?${masked}${fragment === undefined ? '' : `#${fragment}`}`
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator)
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
