import { createHash } from 'node:crypto'
import { explainFailure } from './failures.ts'
import { keepOutcomes } from './once.ts'
import { pageOf } from './person.ts'
import type { WechatApp } from './person.ts'

type Handle = (request: Request) => Promise<Response>

export interface BridgeOptions {
  readonly apps: readonly WechatApp[]
  /** Where the browser sees the site, for example `https://shop.example.com`. */
  readonly baseUrl: string
  /** The path of the framework's callbacks; after it comes the app's appid. */
  readonly callbacks: string
  /** Where WeChat's pages are. Default: at WeChat. */
  readonly openUrl?: string | undefined
  /** A clock that never goes back. Default `performance.now`. */
  readonly nowMs?: () => number
}

/** The path that the framework takes for the address of WeChat's page. */
export function startPathOf({ appid }: WechatApp): string {
  return `/wechat/${appid}`
}

const cookieName = 'wechat_state'

/**
 * Puts itself between a framework for OAuth 2.0 and WeChat, where the two do not fit:
 *
 * - A framework's `state` has `-`, `_` and `.` or is longer than 128; WeChat takes neither. The
 *   browser keeps it in a cookie, and WeChat gets its SHA-256. The framework checks its own as
 *   always.
 * - WeChat may open the callback twice. The second visit gets the answer of the first.
 * - WeChat tells a refusal by leaving `code` out.
 *
 * `/failed` says what went wrong.
 */
export function bridgeWechat(handle: Handle, options: BridgeOptions): Handle {
  const { apps, baseUrl, callbacks, openUrl, nowMs = () => performance.now() } = options
  const answers = keepOutcomes<Response>(nowMs)
  const secure = baseUrl.startsWith('https:') ? '; Secure' : ''

  return async (request) => {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/failed') {
      const language = request.headers.get('accept-language')
      return new Response(explainFailure(searchParams.get('error'), language), { status: 403 })
    }

    const begun = apps.find((app) => startPathOf(app) === pathname)
    if (begun !== undefined) {
      const state = searchParams.get('state') ?? ''
      if (!/^[\w.-]{16,3000}$/.test(state)) return fail('state_mismatch')
      const callback = `${callbacks}/${begun.appid}`
      const cookie = `${cookieName}=${state}; Path=${callback}; Max-Age=600; HttpOnly; SameSite=Lax`
      const page = { redirect_uri: baseUrl + callback, state: digest(state) }
      const location = pageOf(begun, { ...page, ...(openUrl && { baseUrl: openUrl }) })
      return leave(location, { 'set-cookie': cookie + secure })
    }

    if (!apps.some(({ appid }) => `${callbacks}/${appid}` === pathname)) return handle(request)
    const state = readCookie(request, cookieName)
    // Not begun in this browser: whoever sent it here may want to sign it in as himself.
    if (state === undefined || digest(state) !== searchParams.get('state')) {
      return fail('state_mismatch')
    }
    const code = searchParams.get('code')
    if (code === null) return fail('access_denied')
    const callback = new URL(`${baseUrl}${pathname}`)
    callback.search = new URLSearchParams({ code, state }).toString()
    const answer = await answers.share(digest(`${code} ${state}`), () =>
      handle(new Request(callback, request)),
    )
    return answer.clone()
  }

  function fail(error: string): Response {
    return leave(`${baseUrl}/failed?error=${error}`)
  }
}

function leave(location: string, headers: Readonly<Record<string, string>> = {}): Response {
  const always = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }
  return new Response(null, { status: 302, headers: { location, ...always, ...headers } })
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function readCookie(request: Request, name: string): string | undefined {
  const pairs = (request.headers.get('cookie') ?? '').split('; ')
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1)
}
