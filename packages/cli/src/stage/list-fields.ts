import type { SentReply, SentRequest } from './message.ts'
import type { Field } from './page/wire.ts'
import { findSecret } from './secret-kinds.ts'

const mostFields = 40
const mostItems = 4
const longestValue = 240

const headersShown = {
  request: ['authorization', 'cookie', 'idempotency-key', 'origin'],
  reply: ['set-cookie', 'retry-after', 'cache-control'],
} as const

/** The lines of a message, each secret as what it is. A pure function. */
export function listFields(
  request: SentRequest,
  leg: 'request' | 'reply',
  { headers, body }: SentRequest | SentReply,
): readonly Field[] {
  const query = leg === 'request' ? [...request.url.searchParams] : []
  const lines: Field[] = []

  function add(path: string, name: string, value: unknown) {
    if (lines.length >= mostFields || value === undefined) return
    const secret = findSecret(request, name, value)
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    lines.push(
      secret === undefined
        ? { name: path, value: text.slice(0, longestValue) }
        : { name: path, secret, length: text.length },
    )
  }

  function walk(path: string, name: string, value: unknown) {
    if (typeof value !== 'object' || value === null) return add(path, name, value)
    // A secret may be a whole object; what is in a harmless one is looked at by itself.
    const entries = Array.isArray(value)
      ? value.slice(0, mostItems).map((item: unknown, index) => [`${index}`, item] as const)
      : Object.entries(value)
    for (const [key, item] of entries)
      walk(path === '' ? key : `${path}.${key}`, Array.isArray(value) ? name : key, item)
  }

  for (const name of headersShown[leg]) add(name, name, headers.get(name) ?? undefined)
  for (const [name, value] of query) add(`?${name}`, name, value)
  walk('', '', parseBody(headers, body))
  return lines
}

function parseBody(headers: Headers, body: string | undefined): unknown {
  if (body === undefined || body === '') return undefined
  if ((headers.get('content-type') ?? '').includes('x-www-form-urlencoded'))
    return Object.fromEntries(new URLSearchParams(body))
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** A field of a JSON body; for what is said of a message in short. */
export function readField({ body }: SentRequest | SentReply, name: string): unknown {
  try {
    const value: unknown = JSON.parse(body ?? '')
    return value instanceof Object ? Reflect.get(value, name) : undefined
  } catch {
    return undefined
  }
}
