import { placeAt, type Sources } from './sources.ts'

/** An object; the empty one, with a problem noted, where the file holds none. */
export function readJson(sources: Sources, file: string): Record<string, unknown> {
  const { value, problem } = sources.remember(file, parse)
  if (problem) sources.problems.push({ kind: 'json_syntax', file, ...problem })
  return value
}

function parse(text: string) {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, '') || '{}')
    if (isObject(value)) return { value }
    return { value: {}, problem: { reason: 'not an object', line: 1 } }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const place = placeAt(text, findOffset(text, reason))
    return { value: {}, problem: { reason, ...place } }
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Where V8 says that it is: by its place, or by the ten letters around it, or at the end. */
function findOffset(text: string, reason: string): number {
  const [, offset] = /at position (\d+)/.exec(reason) ?? []
  if (offset !== undefined) return Number(offset)
  const sign = /^Unexpected token '(.)', (\.{3})?"([\s\S]*?)"(?:\.{3})? is not valid JSON$/
  const [, token = '', cut, around] = sign.exec(reason) ?? []
  if (around === undefined) return text.length
  return text.indexOf(around) + (cut === undefined ? around.indexOf(token) : 10)
}
