import * as v from 'valibot'
import { ConfigError } from '../errors.ts'
import { webhookSchema, type Webhook } from './messages.ts'
import { findSignatureFault, readSigningSecrets, type SignatureFault } from './signature.ts'

/** Why what arrived is not taken for a webhook. Holds nothing of it, nor of the secret. */
export class WebhookError extends Error {
  override readonly name = 'WebhookError'
  readonly fault: SignatureFault | 'body_invalid'

  constructor(fault: WebhookError['fault']) {
    super(faults[fault])
    this.fault = fault
  }
}

const faults: Record<WebhookError['fault'], string> = {
  signature_missing:
    'The request has no Kaimen-Signature of the form t=…,v1=…: it is no webhook, or a proxy dropped the header. Answer 401.',
  signature_wrong:
    'The Kaimen-Signature is of another secret or another body: compare KAIMEN_WEBHOOK_SECRET on both sides, and pass the body as the bytes that arrived, not parsed and written anew. Answer 401.',
  too_old:
    'The Kaimen-Signature is more than 5 minutes from the time here: somebody sent a recorded request again, or the clock of one of the two machines is wrong. Answer 401.',
  body_invalid:
    'The body is signed, but is no webhook that this version knows: the server that sent it may be newer. Answer 400.',
}

export type ReceivedWebhook = {
  /** `KAIMEN_WEBHOOK_SECRET`; several as `2:new,1:old`. */
  readonly secret: string
  /** Of the request: a `Headers`, or Node's `request.headers`. */
  readonly headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>
  /** As it arrived, before anything parsed it. */
  readonly body: string | Uint8Array
  /** Milliseconds since the Unix epoch. Default: now. */
  readonly nowMs?: number
}

/**
 * Checks who sent a request, in constant time, and reads it.
 *
 * @throws {@link WebhookError} Where it is not to be believed.
 * @throws {@link ConfigError} Where `secret` is missing, malformed or weak.
 */
export function verifyWebhook({
  secret,
  headers,
  body,
  nowMs = Date.now(),
}: ReceivedWebhook): Webhook {
  const secrets = readSigningSecrets(secret)
  if (typeof secrets === 'string') {
    throw new ConfigError(`The secret of verifyWebhook cannot be used: ${secrets}.`)
  }
  const signature = readHeader(headers, 'kaimen-signature')
  const fault = findSignatureFault(secrets, { signature, body, nowMs })
  if (fault !== undefined) throw new WebhookError(fault)
  const result = v.safeParse(webhookSchema, parse(body))
  if (!result.success) throw new WebhookError('body_invalid')
  return result.output
}

function readHeader(headers: ReceivedWebhook['headers'], wanted: string): string {
  if (headers instanceof Headers) return headers.get(wanted) ?? ''
  const name = Object.keys(headers).find((each) => each.toLowerCase() === wanted)
  const value = name === undefined ? undefined : headers[name]
  return typeof value === 'string' ? value : ''
}

function parse(body: string | Uint8Array): unknown {
  try {
    return JSON.parse(typeof body === 'string' ? body : Buffer.from(body).toString('utf8'))
  } catch {
    return undefined
  }
}
