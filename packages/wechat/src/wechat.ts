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
import type { Deadline } from './transport/deadline.ts'
import { exchange } from './transport/exchange.ts'
import { enter, leave, openGate } from './transport/gate.ts'
import { readReply } from './transport/read-reply.ts'
import type { ReplyBody } from './transport/read-reply.ts'
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
  call(request: WechatRequest): Promise<ReplyBody>
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

  async function call(request: WechatRequest): Promise<ReplyBody> {
    if (closing !== undefined) throw refusal(request, 'closed')
    if (isOpen(circuit, nowMs())) throw refusal(request, 'circuit_open')
    const deadline = startDeadline(timeoutMs)
    try {
      if (!(await enter(gate, gateLimits))) throw refusal(request, 'overloaded')
      try {
        return await attempt(request, deadline)
      } finally {
        leave(gate)
      }
    } finally {
      deadline.clear()
    }
  }

  async function attempt(request: WechatRequest, deadline: Deadline): Promise<ReplyBody> {
    const { path, secrets } = encode(request)
    if (!letThrough(circuit, nowMs())) throw refusal(request, 'circuit_open')
    const reply = readReply(await exchange(pool, { method: request.method, path }, deadline))
    if (reply.kind !== 'reply') {
      recordFailure(circuit, nowMs(), circuitLimits)
      throw new WechatTransportError(request.endpoint, reply.kind, {
        sent: reply.sent,
        status: reply.status,
        detail: reply.detail,
        cause: reply.error && cleanCause(reply.error, secrets),
      })
    }
    recordAnswer(circuit)
    const { errcode = 0, errmsg = '' } = reply.body
    if (errcode !== 0) {
      throw new WechatError(request.endpoint, errcode, scrub(String(errmsg), secrets))
    }
    return reply.body
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

function refusal({ endpoint }: WechatRequest, kind: TransportFailure): WechatTransportError {
  return new WechatTransportError(endpoint, kind, { sent: false })
}

function encode(request: WechatRequest): { path: string; secrets: string[] } {
  const query = new URLSearchParams()
  const secrets: string[] = []
  for (const [name, value] of Object.entries(request.query)) {
    const plain = isSecret(value) ? value.reveal() : value
    if (isSecret(value)) secrets.push(plain)
    query.append(name, plain)
  }
  return { path: `${request.path}?${query.toString()}`, secrets }
}
