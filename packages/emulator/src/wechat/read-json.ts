import type { WeChatRequest } from './endpoint.ts'

/** The JSON object that was POSTed, or the errcode: 44002 for no body, 47001 for no object. */
export function readJson(request: WeChatRequest): Record<string, unknown> | 44002 | 47001 {
  if (request.body === '') return 44002
  try {
    const value: unknown = JSON.parse(request.body ?? '')
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? { ...value } : 47001
  } catch {
    return 47001
  }
}
