import type { ErrorEntry } from './errors/error-entry.ts'
import { WechatTransportError } from './errors/transport-error.ts'
import type { TransportFailure } from './errors/transport-error.ts'
import { WechatError } from './errors/wechat-error.ts'
import { checkOptions } from './options.ts'
import type { WechatOptions } from './options.ts'
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
import { encode } from './transport/encode.ts'
import type { JsonValue } from './transport/encode.ts'
import type { Failure, Outcome } from './transport/exchange.ts'
import { enter, leave, openGate } from './transport/gate.ts'
import type { Transport } from './transport/open-transport.ts'
import { badReply } from './transport/read-fields.ts'
import { readPicture, readReply } from './transport/read-reply.ts'
import type { JsonReply, Picture, PictureReply, ReplyBody } from './transport/read-reply.ts'
import { cleanCause, scrub } from './transport/scrub.ts'

/** One call to WeChat's API. */
export interface WechatRequest {
  /** Its name in errors, for example `code2Session`. */
  readonly endpoint: string
  readonly method: 'GET' | 'POST'
  /** For example `/sns/jscode2session`. */
  readonly path: string
  /** Encoded here. What is wrapped as a secret is kept out of every error. */
  readonly query?: Readonly<Record<string, string | Secret>>
  /** Sent as JSON; only with POST. Secrets at its top are kept out of every error too. */
  readonly body?: Readonly<Record<string, JsonValue | Secret>>
  /** What an `errcode` means to this very request, where it knows better than the tables. */
  readonly errcodes?: Readonly<Partial<Record<number, ErrorEntry>>> | undefined
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
  /**
   * Sends one request once and gives the picture of the reply.
   *
   * @throws As `call`.
   */
  draw(request: WechatRequest): Promise<Picture>
  /** Loads what the first call would wait for, and sends nothing. */
  warmUp(): Promise<void>
  /** Waits for the calls under way and closes the connections. Calls made after it fail as `closed`. */
  close(): Promise<void>
}

/**
 * Opens a client of WeChat's API. It holds keep-alive connections: make one per process.
 *
 * @throws {@link WechatInputError} When an option is wrong, or its name unknown.
 */
export function createWechat(options: WechatOptions = {}): Wechat {
  const checked = checkOptions(options)
  const { timeoutMs, maxInFlight, maxWaiting, circuitFailures, circuitPauseMs, nowMs } = checked
  const gate = openGate()
  const circuit = closedCircuit()
  const circuitLimits = { maxFailures: circuitFailures, pauseMs: circuitPauseMs }
  const gateLimits = { maxInFlight, maxWaiting }
  let opening: Promise<Transport> | undefined
  let closing: Promise<void> | undefined

  // Not loaded with this file: a server is to listen before undici, which is large, has loaded.
  const open = () =>
    (opening ??= import('./transport/open-transport.ts').then(({ openTransport }) =>
      openTransport(checked),
    ))

  async function send<T extends JsonReply | PictureReply>(
    request: WechatRequest,
    read: (outcome: Outcome) => T | Failure,
  ): Promise<T> {
    if (closing !== undefined) throw refusal(request, 'closed')
    if (isOpen(circuit, nowMs())) throw refusal(request, 'circuit_open')
    const deadline = startDeadline(timeoutMs)
    try {
      if (!(await enter(gate, gateLimits))) throw refusal(request, 'overloaded')
      try {
        return await attempt(request, read, deadline)
      } finally {
        leave(gate)
      }
    } finally {
      deadline.clear()
    }
  }

  async function attempt<T extends JsonReply | PictureReply>(
    request: WechatRequest,
    read: (outcome: Outcome) => T | Failure,
    deadline: Deadline,
  ): Promise<T> {
    const { secrets, ...outgoing } = encode(request)
    if (!letThrough(circuit, nowMs())) throw refusal(request, 'circuit_open')
    const transport = await open()
    const reply = read(await transport.exchange(outgoing, deadline))
    if (isFailure(reply)) {
      recordFailure(circuit, nowMs(), circuitLimits)
      throw new WechatTransportError(request.endpoint, reply.kind, {
        sent: reply.sent,
        status: reply.status,
        detail: reply.detail,
        cause: reply.error && cleanCause(reply.error, secrets),
      })
    }
    recordAnswer(circuit)
    if (reply.kind === 'reply') refuseErrcode(request, reply.body, secrets)
    return reply
  }

  return {
    async call(request) {
      return (await send(request, readReply)).body
    },
    async draw(request) {
      const reply = await send(request, readPicture)
      if (reply.kind === 'picture') return reply.picture
      throw badReply(request.endpoint, 'neither a picture nor an errcode')
    },
    async warmUp() {
      if (closing === undefined) await open()
    },
    close() {
      closing ??= new Promise<void>((resolve) => {
        gate.onIdle = resolve
        if (gate.inFlight === 0) resolve()
      }).then(async () => (await opening)?.destroy())
      return closing
    },
  }
}

function refusal({ endpoint }: WechatRequest, kind: TransportFailure): WechatTransportError {
  return new WechatTransportError(endpoint, kind, { sent: false })
}

function isFailure(reply: JsonReply | PictureReply | Failure): reply is Failure {
  return reply.kind !== 'reply' && reply.kind !== 'picture'
}

function refuseErrcode(
  { endpoint, errcodes }: WechatRequest,
  { errcode = 0, errmsg }: ReplyBody,
  secrets: readonly string[],
): void {
  if (errcode === 0) return
  // Only a text: JSON can hold objects that throw when they are asked for one.
  const text = typeof errmsg === 'string' ? errmsg : ''
  throw new WechatError(endpoint, errcode, scrub(text, secrets), errcodes?.[errcode])
}
