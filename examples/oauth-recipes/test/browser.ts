/** What a browser does here: follows nothing by itself, and keeps cookies by name and path. */
export interface Browser {
  visit(address: string, init?: RequestInit): Promise<Response>
  /** What it would send to this path. */
  cookiesFor(path: string): string
}

export function openBrowser(site: string): Browser {
  const cookies = new Map<string, { name: string; value: string; path: string }>()

  function keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ')
    const name = pair.slice(0, pair.indexOf('='))
    const value = pair.slice(name.length + 1)
    const find = (attribute: string) =>
      attributes
        .find((each) => each.toLowerCase().startsWith(`${attribute}=`))
        ?.slice(attribute.length + 1)
    const path = find('path') ?? '/'
    const expires = find('expires')
    const isGone = find('max-age') === '0' || (expires && Date.parse(expires) <= Date.now())
    if (isGone) cookies.delete(`${name} ${path}`)
    else cookies.set(`${name} ${path}`, { name, value, path })
  }

  function cookiesFor(path: string): string {
    return [...cookies.values()]
      .filter((cookie) => path.startsWith(cookie.path))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
  }

  return {
    cookiesFor,
    async visit(address, init = {}) {
      const url = new URL(address, site)
      const headers = new Headers(init.headers)
      headers.set('cookie', cookiesFor(url.pathname))
      headers.set('origin', site)
      const reply = await fetch(url, { ...init, headers, redirect: 'manual' })
      for (const line of reply.headers.getSetCookie()) keep(line)
      return reply
    },
  }
}
