import type { Localized } from '@kaimen/protocol'
import { safeParse, type BaseIssue, type GenericSchema, type InferOutput } from 'valibot'
import { KaimenError } from '../errors.ts'
import { readAtMost } from '../read-at-most.ts'

/** The largest body taken, in bytes; the largest real one is some hundred. */
export const maxBodyBytes = 64 * 1024

/**
 * Reads and checks a body. A JSON body with a field that the schema does not have is refused, so
 * that a misspelt one is found at once; in a form, RFC 6749 section 3.2 wants such fields ignored.
 *
 * @throws {@link KaimenError} `media_type_unsupported`, `body_too_large`, `body_invalid`. The
 *   message names the field and never repeats its value.
 */
export async function readBody<Schema extends GenericSchema>(
  request: Request,
  schema: Schema,
  { form = false }: { form?: boolean } = {},
): Promise<InferOutput<Schema>> {
  const type = mediaType(request)
  const isForm = form && type === 'application/x-www-form-urlencoded'
  if (!isForm && type !== 'application/json') throw new KaimenError('media_type_unsupported')
  const text = await readText(request).catch(refuseBroken)
  const body = isForm ? readForm(text, schema) : readJson(text)
  // To the schema a list is an object whose fields are missing.
  if (Array.isArray(body)) throw refuseBody(describeIssue())
  const result = safeParse(schema, body, { abortPipeEarly: true })
  if (!result.success) throw refuseBody(describeIssue(result.issues[0]))
  return result.output
}

async function readText(request: Request): Promise<string> {
  const length = request.headers.get('content-length')
  // Node holds a sender to its length; what calls the handler in any other way may not, and is counted.
  if (length !== null && Number(length) <= maxBodyBytes) {
    const text = await request.text()
    if (text.length > maxBodyBytes) throw new KaimenError('body_too_large')
    return text
  }
  return Buffer.from(await readBytes(request, maxBodyBytes)).toString('utf8')
}

/**
 * Reads a body of one of these media types as it is.
 *
 * @param maxBytes More is refused, and not read.
 * @throws {@link KaimenError} `media_type_unsupported`, `body_too_large`, `body_invalid`.
 */
export async function readUpload(
  request: Request,
  { types, maxBytes }: { types: readonly string[]; maxBytes: number },
): Promise<{ type: string; bytes: Uint8Array }> {
  const type = mediaType(request)
  if (!types.includes(type)) {
    throw new KaimenError('media_type_unsupported', {
      detail: {
        'zh-CN': `请使用以下 Content-Type 之一：${types.join('、')}。`,
        en: `Send one of these as Content-Type: ${types.join(', ')}.`,
      },
    })
  }
  const detail = describeLimit(maxBytes)
  return { type, bytes: await readBytes(request, maxBytes, { detail }).catch(refuseBroken) }
}

function describeLimit(maxBytes: number): Localized {
  const kib = Math.floor(maxBytes / 1024)
  const size = kib < 1024 ? `${kib} KiB` : `${Math.floor(kib / 1024)} MiB`
  return { 'zh-CN': `内容最大 ${size}。请缩小后再发送。`, en: `It has ${size} at most. Send less.` }
}

async function readBytes(
  request: Request,
  maxBytes: number,
  told: { detail?: Localized } = {},
): Promise<Uint8Array> {
  const tooLarge = () => new KaimenError('body_too_large', told)
  if (Number(request.headers.get('content-length')) > maxBytes) throw tooLarge()
  const bytes = await readAtMost(request, maxBytes)
  if (!bytes) throw tooLarge()
  return bytes
}

function mediaType(request: Request): string {
  const type = request.headers.get('content-type') ?? ''
  return type.split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

function refuseBroken(error: unknown): never {
  if (error instanceof KaimenError) throw error
  // The sender went away in the middle of it.
  throw refuseBody({ 'zh-CN': '请求体没有发送完整。', en: 'The body broke off.' })
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw refuseBody({ 'zh-CN': '请求体不是合法的 JSON。', en: 'The body is not valid JSON.' })
  }
}

/**
 * The fields that the schema knows. RFC 6749 section 3.2: one that comes twice is an error, one
 * without a value counts as left out.
 */
function readForm(text: string, schema: GenericSchema): Record<string, string> {
  const form = new URLSearchParams(text)
  const known = 'entries' in schema && schema.entries ? Object.keys(schema.entries) : []
  const fields: Record<string, string> = {}
  for (const name of known) {
    const [value, ...more] = form.getAll(name)
    if (more.length > 0) {
      throw refuseBody({ 'zh-CN': `字段 ${name} 重复。`, en: `The field ${name} is repeated.` })
    }
    if (value) fields[name] = value
  }
  return fields
}

function describeIssue(issue?: BaseIssue<unknown>): Localized {
  const path = issue?.path?.map(({ key }) => String(key)).join('.') ?? ''
  // The name of an unknown field is the caller's text: it is shown only where it looks like a name.
  const field = /^[\w.-]{1,64}$/.test(path) ? path : ''
  if (!issue || !field) {
    return { 'zh-CN': '请求体的结构不正确。', en: 'The body does not have the right shape.' }
  }
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return { 'zh-CN': `不认识的字段：${field}。`, en: `Unknown field: ${field}.` }
  }
  if (issue.received === 'undefined') {
    return { 'zh-CN': `缺少字段 ${field}。`, en: `The field ${field} is missing.` }
  }
  return {
    'zh-CN': `字段 ${field} 的类型或取值不正确。`,
    en: `The field ${field} has the wrong type or value.`,
  }
}

export function refuseBody(detail: Localized): KaimenError {
  return new KaimenError('body_invalid', { detail })
}
