import { isObject, parseJson } from '../json.ts'
import type { WeChatRequest } from './endpoint.ts'

/** The JSON object that was POSTed, or the errcode: 44002 for no body, 47001 for no object. */
export function readJson({ body }: WeChatRequest): Record<string, unknown> | 44002 | 47001 {
  if (body === '') return 44002
  const value = parseJson(body ?? '')
  return isObject(value) ? value : 47001
}
