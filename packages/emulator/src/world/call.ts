import { isObject, parseJson } from '../json.ts'
import type { FaultKind } from './fault.ts'
import type { World } from './world.ts'

export type Masked = Record<string, string>

/** One request that reached WeChat, with every value masked that could be a secret. */
export interface Call {
  readonly method: string
  readonly path: string
  readonly query: Masked
  /** A form's or a JSON object's fields, or how long the body was. */
  readonly body?: Masked | string
  /** RFC 3339, by the emulator's clock. */
  readonly at: string
  /** What was answered: 0 for success, null for no answer yet or one that carries no errcode. */
  errcode: number | null
  readonly appid?: string
  readonly fault?: FaultKind
}

/** Older calls are dropped. */
const callsKept = 1000

export function recordCall(world: World, call: Call): void {
  world.calls.push(call)
  // In steps, since each cut moves all that is kept.
  if (world.calls.length >= callsKept * 2) world.calls.splice(0, world.calls.length - callsKept)
}

/** The latest 1,000 calls, oldest first. */
export function listCalls(world: World): readonly Call[] {
  return world.calls.slice(-callsKept)
}

const harmlessNames = new Set([
  'appid',
  'cgi_path',
  'force_refresh',
  'grant_type',
  'lang',
  'openid',
  'rid',
  'scope',
  'sig_method',
])
const shownCharacters = 64
const shownParameters = 32

/**
 * The parameters with all but the known harmless ones masked to their last four characters. An
 * unknown name is masked too: a secret sent under a wrong name is still a secret.
 */
export function maskParameters(parameters: Iterable<readonly [string, unknown]>): Masked {
  const masked: [string, string][] = []
  for (const [name, value] of parameters) {
    if (masked.length === shownParameters) break
    masked.push([name.slice(0, shownCharacters), mask(name, value)])
  }
  return Object.fromEntries(masked)
}

/** What is shown of a body, which is null if it was too long to be read. */
export function maskBody(contentType: string | undefined, body: string | null): Masked | string {
  if (body === null) return 'too large'
  if (contentType?.startsWith('application/x-www-form-urlencoded')) {
    return maskParameters(new URLSearchParams(body))
  }
  const value = parseJson(body)
  return isObject(value)
    ? maskParameters(Object.entries(value))
    : `${Buffer.byteLength(body)} bytes`
}

function mask(name: string, value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (harmlessNames.has(name)) return text.slice(0, shownCharacters)
  return text.length < 12 ? '****' : `****${text.slice(-4)}`
}
