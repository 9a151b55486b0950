import type { IncomingMessage, ServerResponse } from 'node:http'
import { findCall, methodsOf } from '../control/control-surface.ts'
import { Refusal } from '../control/refusal.ts'
import type { World } from '../world/world.ts'
import type { Holds } from '../holds.ts'
import { isObject, parseJson } from '../json.ts'
import { corsHeaders, isOriginWelcome } from './origin.ts'
import { bodyLimitBytes, readBody } from './read-body.ts'
import type { ReadBody } from './read-body.ts'

/** Answers a request under /emulator. */
export async function handleControl(
  world: World,
  holds: Holds,
  path: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const { origin } = incoming.headers
  const method = incoming.method ?? ''
  try {
    // Read in any case: a connection may only be used again once its request is read.
    const read = await readBody(incoming)
    refuseStrangeOrigin(origin)
    if (method === 'OPTIONS') return answerPreflight(path, origin, outgoing)
    const { call, appid } = findCall(method, path)
    const { status, body } = await call.answer(world, { body: parseBody(read), appid }, holds)
    if (typeof body === 'string') return answerText(outgoing, status, body, corsHeaders(origin))
    answerJson(outgoing, status, body, corsHeaders(origin))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const { status, code, message, fix } = error
    const headers = isOriginWelcome(origin) ? corsHeaders(origin) : {}
    const allow = status === 405 ? { allow: methodsOf(path).join(', ') } : {}
    answerJson(outgoing, status, { error: { code, message, fix } }, { ...headers, ...allow })
  }
}

/** Says that the emulator itself failed, which nothing that is sent to it should bring about. */
export function answerDefect(outgoing: ServerResponse, error: unknown): void {
  if (outgoing.headersSent) return void outgoing.destroy()
  const message = `The emulator failed: ${error instanceof Error ? error.message : 'unknown'}`
  const fix = 'This is a defect of the emulator; please report it.'
  answerJson(outgoing, 500, { error: { code: 'defect', message, fix } }, {})
}

function refuseStrangeOrigin(origin: string | undefined): void {
  if (isOriginWelcome(origin)) return
  throw new Refusal(
    403,
    'origin_refused',
    'A web page that is not on this machine may not drive the emulator.',
    'Open the page on localhost, or call the emulator from a program.',
  )
}

function answerPreflight(path: string, origin: string | undefined, outgoing: ServerResponse): void {
  outgoing.writeHead(204, {
    ...corsHeaders(origin),
    'access-control-allow-methods': methodsOf(path).join(', '),
    'access-control-allow-headers': 'content-type',
    'access-control-max-age': '600',
  })
  outgoing.end()
}

function parseBody(read: ReadBody): Record<string, unknown> {
  if (read === 'too_large') {
    throw new Refusal(
      413,
      'body_too_large',
      'The body is too large.',
      `Send at most ${bodyLimitBytes} bytes.`,
    )
  }
  if (read.text === '') return {}
  const value = parseJson(read.text)
  if (isObject(value)) return value
  throw new Refusal(400, 'body_invalid', 'The body is not a JSON object.', 'Send a JSON object.')
}

function answerJson(
  outgoing: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string>,
): void {
  const type = { 'content-type': 'application/json; charset=utf-8' }
  answerText(outgoing, status, JSON.stringify(body), { ...headers, ...type })
}

function answerText(
  outgoing: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string>,
): void {
  outgoing.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    ...headers,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  })
  outgoing.end(text)
}
