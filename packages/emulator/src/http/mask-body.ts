import { maskParameters } from '../world/call.ts'
import type { Call } from '../world/call.ts'
import type { ReadBody } from './read-body.ts'
import { isObject, parseJson } from './json.ts'

/** What the list of calls shows of a body. */
export function maskBody(
  contentType: string | undefined,
  read: ReadBody | undefined,
): Pick<Call, 'body'> {
  if (read === undefined) return {}
  if (read === 'too_large') return { body: 'too large' }
  if (contentType?.startsWith('application/x-www-form-urlencoded')) {
    return { body: maskParameters(new URLSearchParams(read.text)) }
  }
  const value = parseJson(read.text)
  return {
    body: isObject(value)
      ? maskParameters(Object.entries(value))
      : `${Buffer.byteLength(read.text)} bytes`,
  }
}
