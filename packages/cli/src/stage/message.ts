import type { Actor } from './page/wire.ts'

/** A request as it was sent, secrets and all: it is described, and never kept. */
export interface SentRequest {
  readonly from: Actor
  readonly to: 'server' | 'wechat'
  readonly method: string
  /** With its query. */
  readonly url: URL
  readonly headers: Headers
  readonly body: string | undefined
}

/** Likewise; `undefined` stands for none. */
export interface SentReply {
  readonly status: number
  readonly headers: Headers
  readonly body: string | undefined
}

/** Of a longer body it is only said how long it is. */
const longestBytes = 65_536

/** The text of a body that can be shown as fields; undefined for pictures, streams and the like. */
export async function readText(message: Request | Response): Promise<string | undefined> {
  const { body, headers } = message
  const type = headers.get('content-type') ?? ''
  if (body === null || !/json|x-www-form-urlencoded/.test(type)) return undefined
  if (Number(headers.get('content-length') ?? 0) > longestBytes) return undefined
  const text = await message
    .clone()
    .text()
    .catch(() => undefined)
  return text !== undefined && text.length <= longestBytes ? text : undefined
}
