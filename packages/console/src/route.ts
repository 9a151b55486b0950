// Where in the console one is, as the address says after its #. A dozen plain addresses need no
// router library: vue-router brings sixteen packages.

import { ref } from 'vue'

type Route = {
  /** Path without the first slash, decoded, in parts: `['users', 'usr_…']`. */
  readonly parts: readonly string[]
  readonly query: URLSearchParams
}

export const route = ref<Route>(readRoute(location.hash))

addEventListener('hashchange', () => {
  route.value = readRoute(location.hash)
})

/** @param hash Such as `#/users?search=x`. */
function readRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  return {
    parts: path.split('/').map(decodePart),
    query: new URLSearchParams(query),
  }
}

/** What cannot be decoded is no address of ours, and finds no page. */
function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** An address within the console, for `href`. Empty and missing values are left out of the query. */
export function linkTo(
  parts: readonly string[],
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') params.set(name, value)
  }
  const text = params.size === 0 ? '' : `?${params.toString()}`
  return `#/${parts.map(encodeURIComponent).join('/')}${text}`
}

export function goTo(...to: Parameters<typeof linkTo>): void {
  location.hash = linkTo(...to)
}

/** As {@link goTo}, in place of the present entry of the history: what was there is not to come back. */
export function moveTo(...to: Parameters<typeof linkTo>): void {
  history.replaceState(null, '', linkTo(...to))
  route.value = readRoute(location.hash)
}
