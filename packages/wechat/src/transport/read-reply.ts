import type { Failure, Outcome } from './exchange.ts'

/** A reply of WeChat's API as plain data. An `errcode` in it may be absent or 0: both mean success. */
export type ReplyBody = Readonly<Record<string, unknown>> & { readonly errcode?: number }

export interface JsonReply {
  readonly kind: 'reply'
  readonly body: ReplyBody
}

/**
 * WeChat's own replies have status 200 and a JSON object, under whatever content type: `/sns/*`
 * says `text/plain`. Everything else comes from something in between.
 */
export function readReply(outcome: Outcome): JsonReply | Failure {
  if (outcome.kind !== 'answered') return outcome
  const { status, body } = outcome
  const bad = (detail: string): Failure => ({ kind: 'bad_reply', sent: true, status, detail })
  if (status !== 200) return bad(`HTTP status ${status}`)
  if (body.length === 0) return bad('empty body')
  let json: unknown
  try {
    json = JSON.parse(body.toString('utf8'))
  } catch {
    return bad(`${body.length} bytes that are not JSON`)
  }
  return isReply(json) ? { kind: 'reply', body: json } : bad('JSON of another shape')
}

function isReply(json: unknown): json is ReplyBody {
  return (
    typeof json === 'object' &&
    json !== null &&
    !Array.isArray(json) &&
    (!('errcode' in json) || Number.isInteger(json.errcode))
  )
}

/** A picture, told by its first bytes: WeChat has sent both errors and pictures under either type. */
export interface Picture {
  readonly type: 'image/jpeg' | 'image/png'
  readonly bytes: Uint8Array
}

export interface PictureReply {
  readonly kind: 'picture'
  readonly picture: Picture
}

/** The reply of a call that draws: a picture, or JSON where it failed. */
export function readPicture(outcome: Outcome): PictureReply | JsonReply | Failure {
  const type = outcome.kind === 'answered' ? sniff(outcome.body) : undefined
  if (outcome.kind !== 'answered' || outcome.status !== 200 || type === undefined) {
    return readReply(outcome)
  }
  return { kind: 'picture', picture: { type, bytes: outcome.body } }
}

function sniff(body: Buffer): Picture['type'] | undefined {
  const start = body.toString('latin1', 0, 8)
  if (start.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  return start === '\x89PNG\r\n\x1a\n' ? 'image/png' : undefined
}
