import { sha256 } from '../digest.ts'
import { KaimenError } from '../errors.ts'
import type { WebSettings } from '../app.ts'
import type { Random } from '../random.ts'

type Parts = { readonly publicUrl: string; readonly web: WebSettings }

/** The longest that browsers keep a cookie: 400 days (RFC 6265bis section 5.5), in seconds. */
const longestSeconds = 400 * 24 * 60 * 60

/**
 * `session`: who is signed in. `browser`: names the browser to what begins in it, a web sign-in or
 * a scan, and proves nothing else. `admin`: which administrator is signed in at the console.
 */
type CookieName = 'session' | 'browser' | 'admin'

const plainNames = {
  session: 'kaimen',
  browser: 'kaimen-browser',
  admin: 'kaimen-admin',
} as const satisfies Record<CookieName, string>

/**
 * The name of a cookie. `__Host-` has the browser see to it that no other host set it, and that it
 * never goes over plain HTTP; without TLS, in development, browsers would drop such a one. [WB-1]
 */
function cookieName({ publicUrl }: Parts, name: CookieName): string {
  return isSecure(publicUrl) ? `__Host-${plainNames[name]}` : plainNames[name]
}

const isSecure = (publicUrl: string) => publicUrl.startsWith('https:')

/** The value of one of our cookies. A name that comes twice counts as none: one is not ours. */
export function readCookie(parts: Parts, request: Request, name: CookieName): string | undefined {
  const header = request.headers.get('cookie')
  if (header === null) return undefined
  const wanted = `${cookieName(parts, name)}=`
  const [value, ...more] = header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(wanted))
    .map((pair) => pair.slice(wanted.length))
  return more.length > 0 ? undefined : value
}

/**
 * A `Set-Cookie` header. Lax, so that whoever comes from WeChat's pages is signed in when they
 * arrive; no page of another site can send it with a request that changes anything. That of the
 * console is strict: nobody comes there from elsewhere. [WB-1]
 *
 * @param maxAgeSeconds 0 removes it.
 */
export function writeCookie(
  parts: Parts,
  name: CookieName,
  value: string,
  maxAgeSeconds: number,
): string {
  const maxAge = Math.min(Math.max(Math.floor(maxAgeSeconds), 0), longestSeconds)
  const secure = isSecure(parts.publicUrl) ? '; Secure' : ''
  const sameSite = name === 'admin' ? 'Strict' : 'Lax'
  return `${cookieName(parts, name)}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=${sameSite}${secure}`
}

/**
 * Refuses what a page of another site asks for by the cookies of whoever looks at it. Browsers say
 * where a request comes from: `Origin` on every one that writes, `Sec-Fetch-Site` on all (Fetch
 * Metadata). [WB-2]
 *
 * @throws {@link KaimenError} `origin_refused`
 */
export function requireOwnPage({ web }: Parts, request: Request): void {
  if (!isFromPageOf(web.origins, request)) throw new KaimenError('origin_refused')
}

/** Whether a page of one of these origins asks; or, without changing anything, none at all. */
export function isFromPageOf(origins: ReadonlySet<string>, { method, headers }: Request): boolean {
  const origin = headers.get('origin')
  if (origin !== null) return origins.has(origin)
  const site = headers.get('sec-fetch-site')
  const isSafe = method === 'GET' || method === 'HEAD'
  return isSafe ? site !== 'cross-site' : site === 'same-origin'
}

const browserPattern = /^[A-Za-z0-9_-]{43}$/

/** The digest of a browser's name; `undefined` where it has none. */
export function browserOf(parts: Parts, request: Request): string | undefined {
  const value = readCookie(parts, request, 'browser')
  return value !== undefined && browserPattern.test(value) ? sha256(value) : undefined
}

/** For longer than anything that begins in a browser takes. */
const browserSeconds = 24 * 60 * 60

/** The browser's name, a new one where it has none, with the header that keeps it. */
export function nameBrowser(
  parts: Parts & { readonly random: Random },
  request: Request,
): { browser: string; cookie: string } {
  const known = readCookie(parts, request, 'browser')
  const value =
    known !== undefined && browserPattern.test(known)
      ? known
      : Buffer.from(parts.random(32)).toString('base64url')
  return { browser: sha256(value), cookie: writeCookie(parts, 'browser', value, browserSeconds) }
}

const corsHeaders = {
  'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers': 'authorization, content-type, idempotency-key, if-match',
  // What browsers cache at most is less.
  'access-control-max-age': '7200',
} as const

/**
 * What a page on another of our origins may read, by CORS (the Fetch standard): everything, and
 * with cookies; pages elsewhere nothing.
 *
 * @returns The answer to a preflight; `undefined` for every other request.
 */
export function answerPreflight(
  { web }: Pick<Parts, 'web'>,
  { method, headers }: Request,
): Response | undefined {
  const isPreflight = method === 'OPTIONS' && headers.has('access-control-request-method')
  const origin = headers.get('origin')
  if (!isPreflight || origin === null || !web.origins.has(origin)) return undefined
  return letRead({ web }, origin, new Response(null, { status: 204, headers: corsHeaders }))
}

/** Lets the page that asked read the answer, where it is one of ours. */
export function letRead({ web }: Pick<Parts, 'web'>, origin: string, response: Response): Response {
  if (!web.origins.has(origin)) return response
  const { headers } = response
  headers.set('access-control-allow-origin', origin)
  headers.set('access-control-allow-credentials', 'true')
  headers.set('access-control-expose-headers', 'ETag, Retry-After, Content-Language')
  headers.append('vary', 'Origin')
  return response
}
