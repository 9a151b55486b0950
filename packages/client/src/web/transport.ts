import { AuthError } from '../auth-error.ts'
import type { Reply } from '../platform.ts'
import { originOf } from '../url.ts'
import { isFields } from '../wire.ts'
import { fail, misuse, refuse } from './failure.ts'
import type { Host } from './host.ts'
import { pageLanguage } from './language.ts'

export interface Outgoing {
  url: string
  method: string
  data?: unknown
  header: Record<string, string>
  /** Milliseconds. */
  timeout: number
  /** Whether the cookie goes to another origin too. */
  cookie: boolean
}

/** Milliseconds that each of this client's own calls may take. */
export const ownTimeoutMs = 10_000

/**
 * One request; a reply of any status resolves.
 *
 * @throws {AuthError} `network`, `timeout`, or `options_invalid` for a redirect.
 */
export async function send(
  host: Host,
  { url, method, data, header, timeout, cookie }: Outgoing,
): Promise<Reply> {
  const abort = new AbortController()
  let late = false
  const cancel = host.after(timeout, () => {
    late = true
    abort.abort()
  })
  const headers = new Headers({ 'accept-language': pageLanguage(), ...header })
  const json = data !== undefined && !isBody(data)
  if (json && !headers.has('content-type')) headers.set('content-type', 'application/json')
  try {
    const response = await host.fetch(url, {
      method,
      headers,
      credentials: cookie ? 'include' : 'same-origin',
      cache: 'no-store',
      // Browsers of before 2023 take the token along to wherever a redirect points.
      redirect: 'manual',
      signal: abort.signal,
      ...(data !== undefined && { body: isBody(data) ? data : JSON.stringify(data) }),
    })
    if (response.type === 'opaqueredirect')
      throw misuse(
        `${originOf(url)} 重定向了，请求没有跟随`,
        `${originOf(url)} redirects, which is not followed`,
      )
    return {
      statusCode: response.status,
      data: readBody(await response.text(), response.headers.get('content-type')),
      header: Object.fromEntries(response.headers),
    }
  } catch (cause) {
    if (cause instanceof AuthError) throw cause
    throw fail(late ? 'timeout' : 'network', { cause })
  } finally {
    cancel()
  }
}

/**
 * A call of this client to Kaimen, with the cookie.
 *
 * @throws {AuthError} For any status but 2xx too.
 */
export async function call(host: Host, url: string, data?: object, method = data ? 'POST' : 'GET') {
  const own = { header: {}, timeout: ownTimeoutMs, cookie: true }
  const reply = await send(host, { url, method, data, ...own })
  if (reply.statusCode >= 300) throw refuse(reply)
  // The page of some gateway, for one.
  if (!isFields(reply.data)) throw fail('reply_invalid', { status: reply.statusCode })
  return reply.data
}

function isBody(data: unknown): data is Exclude<BodyInit, ReadableStream> {
  return (
    typeof data === 'string' ||
    data instanceof Blob ||
    data instanceof FormData ||
    data instanceof URLSearchParams ||
    data instanceof ArrayBuffer ||
    ArrayBuffer.isView(data)
  )
}

function readBody(text: string, type: string | null): unknown {
  if (!/[/+]json\b/i.test(type ?? '')) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
