import { Pool } from 'undici'
import { WechatTransportError } from './errors/transport-error.ts'
import type { TransportFailure } from './errors/transport-error.ts'
import { WechatError } from './errors/wechat-error.ts'
import { checkOptions } from './options.ts'
import type { WechatOptions } from './options.ts'
import { isSecret } from './secret.ts'
import type { Secret } from './secret.ts'
import {
  closedCircuit,
  isOpen,
  letThrough,
  recordAnswer,
  recordFailure,
} from './transport/circuit.ts'
import { startDeadline } from './transport/deadline.ts'
import { exchange } from './transport/exchange.ts'
import { enter, leave, openGate } from './transport/gate.ts'
import { cleanCause, scrub } from './transport/scrub.ts'

/** One call to WeChat's API. */
export interface WechatRequest {
  /** Its name in errors, for example `code2Session`. */
  readonly endpoint: string
  readonly method: 'GET' | 'POST'
  /** For example `/sns/jscode2session`. */
  readonly path: string
  /** Encoded here. What is wrapped as a secret is kept out of every error. */
  readonly query: Readonly<Record<string, string | Secret>>
}

/** A client of WeChat's API; one serves any number of apps. */
export interface Wechat {
  /**
   * Sends one request once and gives the JSON object of the reply. The verbs of this package are
   * built on it.
   *
   * @throws {@link WechatError} When WeChat answers an `errcode` other than 0.
   * @throws {@link WechatTransportError} When there is no answer that can be used.
   */
  call(request: WechatRequest): Promise<Readonly<Record<string, unknown>>>
  /** Waits for the calls under way and closes the connections. Calls made after it fail as `closed`. */
  close(): Promise<void>
}

/**
 * Opens a client of WeChat's API. It holds keep-alive connections: make one per process.
 *
 * @throws {@link WechatInputError} When an option is wrong, or its name unknown.
 */
export function createWechat(options: WechatOptions = {}): Wechat {
  const {
    origin,
    connectTimeoutMs,
    timeoutMs,
    maxInFlight,
    maxWaiting,
    maxReplyBytes,
    circuitFailures,
    circuitPauseMs,
    nowMs,
  } = checkOptions(options)

  const pool = new Pool(origin, {
    connections: maxInFlight,
    connectTimeout: connectTimeoutMs,
    maxResponseSize: maxReplyBytes,
    // The deadline below is stricter than both.
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
  })
  const gate = openGate()
  const circuit = closedCircuit()
  const circuitLimits = { maxFailures: circuitFailures, pauseMs: circuitPauseMs }
  const gateLimits = { maxInFlight, maxWaiting }
  let closing: Promise<void> | undefined

  async function call(request: WechatRequest): Promise<Readonly<Record<string, unknown>>> {
    const refuse = (kind: TransportFailure) =>
      new WechatTransportError(request.endpoint, kind, { sent: false })
    if (closing !== undefined) throw refuse('closed')
    if (isOpen(circuit, nowMs())) throw refuse('circuit_open')

    const { path, values } = encode(request)
    const deadline = startDeadline(timeoutMs)
    try {
      const admission = await enter(gate, gateLimits, deadline)
      if (admission !== 'in') throw refuse(admission)
      try {
        if (!letThrough(circuit, nowMs())) throw refuse('circuit_open')
        const outcome = await exchange(pool, { method: request.method, path }, deadline)
        const reply = outcome.kind === 'answered' ? parseReply(outcome) : outcome
        if (reply.kind !== 'reply') {
          recordFailure(circuit, nowMs(), circuitLimits)
          throw new WechatTransportError(request.endpoint, reply.kind, {
            sent: reply.sent,
            status: reply.status,
            ...('detail' in reply && { detail: reply.detail }),
            ...('error' in reply && { cause: cleanCause(reply.error, values) }),
          })
        }
        recordAnswer(circuit)
        const { errcode } = reply.body
        if (typeof errcode === 'number' && errcode !== 0) {
          const errmsg = typeof reply.body['errmsg'] === 'string' ? reply.body['errmsg'] : ''
          throw new WechatError(request.endpoint, errcode, scrub(errmsg, values))
        }
        return reply.body
      } finally {
        leave(gate)
      }
    } finally {
      deadline.clear()
    }
  }

  return {
    call,
    close() {
      closing ??= new Promise<void>((resolve) => {
        gate.onIdle = resolve
        if (gate.inFlight === 0) resolve()
      }).then(() => pool.destroy())
      return closing
    },
  }
}

function encode(request: WechatRequest): { path: string; values: string[] } {
  const query = new URLSearchParams()
  const values: string[] = []
  for (const [name, value] of Object.entries(request.query)) {
    const plain = isSecret(value) ? value.reveal() : value
    if (plain !== value) values.push(plain)
    query.append(name, plain)
  }
  return { path: `${request.path}?${query.toString()}`, values }
}

/**
 * WeChat's own replies have status 200 and a JSON object, under whatever content type: `/sns/*`
 * says `text/plain`. Everything else comes from something between.
 */
function parseReply({ status, body }: { status: number; body: Buffer }) {
  const bad = (detail: string) => ({ kind: 'bad_reply', sent: true, status, detail }) as const
  if (status !== 200) return bad(`HTTP status ${status}`)
  if (body.length === 0) return bad('empty body')
  let json: unknown
  try {
    json = JSON.parse(body.toString('utf8'))
  } catch {
    return bad(`${body.length} bytes that are not JSON`)
  }
  return isObject(json) ? ({ kind: 'reply', body: json } as const) : bad('JSON, but not an object')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
