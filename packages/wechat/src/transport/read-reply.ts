import type { Failure, Outcome } from './exchange.ts'

/** A reply of WeChat's API as plain data. An `errcode` in it may be absent or 0: both mean success. */
export type ReplyBody = Readonly<Record<string, unknown>> & { readonly errcode?: number }

/**
 * WeChat's own replies have status 200 and a JSON object, under whatever content type: `/sns/*`
 * says `text/plain`. Everything else comes from something in between.
 */
export function readReply(
  outcome: Outcome,
): { readonly kind: 'reply'; readonly body: ReplyBody } | Failure {
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
