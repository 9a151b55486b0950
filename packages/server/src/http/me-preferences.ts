import { routes } from '@kaimen/protocol'
import { KaimenError } from '../errors.ts'
import { readUpload, refuseBody } from './body.ts'
import { caller } from './caller.ts'
import type { Handler } from './handlers.ts'
import { jsonResponse } from './reply.ts'

const maxBytes = 16 * 1024
/** Deeper ones end the stack of whoever writes or reads them. */
const maxLevels = 32

/** `GET /v1/me/preferences` */
export const preferences: Handler = async (parts, call) => {
  const { user } = await caller(parts, call)
  const { document, version } = (await parts.store.findPreferences(user.id)) ?? none
  return preferencesResponse(JSON.parse(document), version)
}

const none = { document: '{}', version: 0 }

/** `PUT /v1/me/preferences`. RFC 9110 section 13.1.1, RFC 6585 section 3. */
export const changePreferences: Handler = async (parts, call) => {
  const { user } = await caller(parts, call)
  const replaces = readIfMatch(call.request)
  const types = routes.changePreferences.upload
  const { bytes } = await readUpload(call.request, { types, maxBytes })
  const value = readObject(bytes)
  const now_ms = parts.clock.now()
  const write = { user_id: user.id, document: JSON.stringify(value), replaces, now_ms }
  if ((await parts.store.setPreferences(write)) === 'changed') {
    throw new KaimenError('preferences_changed')
  }
  return preferencesResponse(value, replaces + 1)
}

/**
 * @returns The version that the caller read.
 * @throws {@link KaimenError} `precondition_required`; `preferences_changed` for an ETag that is
 *   none of ours, and so of no version.
 */
function readIfMatch(request: Request): number {
  const header = request.headers.get('if-match')
  if (header === null) throw new KaimenError('precondition_required')
  // A proxy that compresses makes a weak tag of ours, and only that; the version is as good.
  const version = /^(?:W\/)?"(\d{1,15})"$/.exec(header.trim())?.[1]
  if (version === undefined) throw new KaimenError('preferences_changed')
  return Number(version)
}

function readObject(bytes: Uint8Array): object {
  const value = parse(bytes)
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (isObject && !isDeep(value)) return value
  throw refuseBody({
    'zh-CN': `偏好设置必须是一个 JSON 对象，最大 16 KiB，最多嵌套 ${maxLevels} 层。`,
    en: `Preferences are one JSON object, 16 KiB and ${maxLevels} levels at most.`,
  })
}

function isDeep(value: object): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; depth <= maxLevels; depth++) {
    level = level.flatMap(valuesOf)
    if (level.length === 0) return false
  }
  return true
}

function valuesOf(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : []
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

function preferencesResponse(value: unknown, version: number): Response {
  const response = jsonResponse(value)
  response.headers.set('etag', `"${version}"`)
  return response
}
