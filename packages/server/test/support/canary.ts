import { inspect } from 'node:util'

/** A value that must not be found, and what it is. */
export type Canary = { readonly what: string; readonly value: string }

/** How a value may be written: as it is, in a URL, as JSON has it, as bytes in hex and base64. */
function spellings(value: string): string[] {
  const bytes = Buffer.from(value)
  return [
    ...new Set([
      value,
      encodeURIComponent(value),
      new URLSearchParams({ '': value }).toString().slice(1),
      JSON.stringify(value).slice(1, -1),
      JSON.stringify(value).slice(1, -1).replaceAll('/', '\\/'),
      bytes.toString('hex'),
      bytes.toString('base64').replace(/=+$/, ''),
      bytes.toString('base64url'),
    ]),
  ]
}

/** What is found of the canaries in a text or in raw bytes, by name; never the value itself. */
export function findCanaries(canaries: Iterable<Canary>, where: string | Uint8Array): string[] {
  const text = typeof where === 'string' ? where : Buffer.from(where).toString('latin1')
  const found = new Set<string>()
  for (const { what, value } of canaries) {
    const written = spellings(value)
    // WeChat's session_key is base64: a database would hold its 16 bytes as they are.
    if (/^[A-Za-z0-9+/]{22}==$/.test(value)) {
      const key = Buffer.from(value, 'base64')
      written.push(key.toString('hex'), key.toString('latin1'), key.toString('base64url'))
    }
    if (written.some((spelling) => text.includes(spelling))) found.add(what)
  }
  return [...found]
}

/** Everything that a logger could make of a value. */
export function everyPrint(value: unknown): string {
  const seen = new Set<unknown>()
  const json = JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === 'bigint') return String(each)
    if (typeof each !== 'object' || each === null) return each
    if (seen.has(each)) return '[seen]'
    seen.add(each)
    // As pino and its like print errors.
    if (each instanceof Error) {
      const { name, message, stack, cause } = each
      return { ...Object.fromEntries(Object.entries(each)), name, message, stack, cause }
    }
    return each
  })
  return [
    inspect(value, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null }),
    inspect(value, { depth: 20, getters: true, customInspect: false, maxStringLength: null }),
    String(value),
    json,
  ].join('\n')
}
