import type { KaimenError } from '../../errors.ts'
import { refuseBody } from '../body.ts'

/** @param name Of a parameter of ours: never what was sent. */
export function refuseQuery(name: string): KaimenError {
  return refuseBody({
    'zh-CN': `查询参数 ${name} 的取值不正确。`,
    en: `The query parameter ${name} has the wrong value.`,
  })
}

/** RFC 3339 with its offset. @returns Milliseconds; `undefined` where it is left out. */
export function readInstant(search: URLSearchParams, name: string): number | undefined {
  const text = search.get(name)
  if (text === null) return undefined
  const at = Date.parse(text)
  if (/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(at)) return at
  throw refuseQuery(name)
}

export function readNumber(
  search: URLSearchParams,
  name: string,
  { min, max }: { min: number; max: number },
): number | undefined {
  const text = search.get(name)
  if (text === null) return undefined
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (number >= min && number <= max) return number
  throw refuseQuery(name)
}
