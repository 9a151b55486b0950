/** URLs without the `URL` global, which mini programs lack. */

/**
 * Scheme, host and port as one comparable text, or `undefined` for what is not plainly an http(s)
 * URL. Refuses user-info, backslashes and spaces: parsers disagree on which host those name, and a
 * token must not depend on which of them is right.
 */
export function originOf(url: string): string | undefined {
  const match = /^(https?):\/\/([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(\d+))?(?=[/?#]|$)/i.exec(url)
  if (!match || /[\\\s]/.test(url)) return undefined
  const [, scheme = '', host = '', port] = match
  const plain = !port || port === (/^https$/i.test(scheme) ? '443' : '80')
  return `${scheme}://${host}${plain ? '' : `:${port}`}`.toLowerCase()
}

/** A URL with a scheme as it is; anything else is a path under `baseUrl`. */
export function resolveUrl(baseUrl: string, url: string): string {
  return /^[a-z][a-z0-9+.-]*:/i.test(url) ? url : `${baseUrl}/${url.replace(/^\/+/, '')}`
}
