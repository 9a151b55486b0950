import { AuthError } from './auth-error.ts'
import { merge } from './merge.ts'
import type { Platform, PlatformRequest, Reply } from './platform.ts'
import { isProblem } from './wire.ts'

/**
 * Sends under our own timer: on some devices `wx.request` and `wx.login` were seen never to call
 * back.
 */
export function send(platform: Platform, request: PlatformRequest): Promise<Reply> {
  const task = platform.request(request)
  return limit(platform, task.reply, request.timeout, () => task.abort())
}

/** Settles with `work` or, after `ms`, with `timeout`; what comes later is ignored. */
export async function limit<T>(
  platform: Platform,
  work: Promise<T>,
  ms: number,
  giveUp = () => {},
): Promise<T> {
  let cancel = () => {}
  const timer = new Promise<never>((_, reject) => {
    cancel = platform.after(ms, () => {
      reject(new AuthError('timeout'))
      giveUp()
    })
  })
  try {
    return await Promise.race([work, timer])
  } catch (cause) {
    throw cause instanceof AuthError ? cause : new AuthError('network', { cause })
  } finally {
    cancel()
  }
}

/** Posts JSON to the Kaimen server; any status but 200 and 202 is thrown. */
export async function post(
  platform: Platform,
  url: string,
  data: object,
  timeout: number,
  header: Record<string, string> = {},
): Promise<unknown> {
  const reply = await send(platform, {
    url,
    method: 'POST',
    data,
    header: merge({ 'content-type': 'application/json' }, header),
    timeout,
    // These bodies hold a code, a password or a token: no other place may get them.
    redirect: 'manual',
  })
  const { statusCode } = reply
  if (statusCode !== 200 && statusCode !== 202) throw refusalOf(reply)
  return reply.data
}

/**
 * What a Kaimen server says no with, for who calls it by `request`.
 *
 * @param reply Of a status other than 2xx.
 */
export function refusalOf({ statusCode: status, data, header }: Reply): AuthError {
  const retryAfterSeconds = readRetryAfter(header)
  if (isProblem(data)) {
    const { code, title, detail, action, wechat } = data
    return new AuthError(code, {
      message: title,
      detail,
      action,
      wechat,
      status,
      retryAfterSeconds,
    })
  }
  // Not Kaimen's own words: a gateway before it, or not Kaimen at all.
  const code = status === 429 ? 'rate_limited' : status >= 500 ? 'unavailable' : 'reply_invalid'
  return new AuthError(code, { status, retryAfterSeconds })
}

/** Seconds only: a date would have to be compared with the device's clock, which may be wrong. */
function readRetryAfter(header: Record<string, unknown>): number | undefined {
  const value = readHeader(header, 'retry-after')
  return /^\d+$/.test(value) ? Number(value) : undefined
}

/**
 * A field of a reply's `header`, whose names come in any case.
 *
 * @param name In lower case.
 * @returns `''` when it is not there.
 */
export function readHeader(header: Record<string, unknown>, name: string): string {
  const key = Object.keys(header || {}).find((known) => known.toLowerCase() === name)
  return key ? String(header[key]).trim() : ''
}
