// What the senders through a gateway's own SDK have in common.

import * as v from 'valibot'
import { sdkOptions } from '../sdk.ts'
import type { SmsMessage, SmsOutcome, SmsSender } from './sms-sender.ts'

/** Why a message was not sent. Holds nothing of the message, nor a key. */
export type SmsRefusal = {
  readonly gateway: string
  readonly outcome: SmsOutcome
  /** The gateway's own code, as in its error table; null where it gave none. */
  readonly code: string | null
  /** What the gateway's support asks for. */
  readonly request_id: string | null
}

export type GatewayOptions = {
  /**
   * Where the gateway is: an origin without a path. Must be `https:`, but for `localhost`,
   * `127.0.0.1` and `[::1]`.
   */
  endpoint?: string | undefined
  /** Longest time from `send` to its answer, in milliseconds, 100 to 60000. Default 5000. */
  timeoutMs?: number | undefined
  /** For the operator: why a gateway refused. Default: nothing is reported. */
  report?: ((message: string, refusal: SmsRefusal) => void) | undefined
}

/** What a gateway said to a message, as far as anything is passed on. */
type GatewayReply = { readonly code: unknown; readonly requestId: unknown }

/** A gateway as its SDK has it. */
type Gateway = {
  readonly kind: string
  /** The code that stands for success. */
  readonly success: string
  /** What other codes mean; the first that fits. What none fits is `unavailable`. */
  readonly meanings: readonly (readonly [code: RegExp, outcome: SmsOutcome])[]
  /** Whether numbers outside the Chinese mainland are sent to. */
  readonly sendsAbroad: boolean
  /** Loads the SDK and makes its client. */
  readonly open: () => {
    /** What it rejects with is not passed on: it may hold the phone and the code. */
    ask(message: SmsMessage): Promise<GatewayReply>
    close(): void
  }
}

const e164 = /^\+[1-9]\d{6,14}$/

export function createGatewaySender(
  gateway: Gateway,
  { timeoutMs, report }: { timeoutMs: number; report?: GatewayOptions['report'] },
): Required<SmsSender> {
  let client: ReturnType<Gateway['open']> | undefined
  let isClosed = false
  const open = () => (client ??= gateway.open())
  const refuse = (outcome: SmsOutcome, { code, requestId }: GatewayReply): SmsOutcome => {
    report?.('An SMS was not sent', {
      gateway: gateway.kind,
      outcome,
      code: quote(code, errorCode),
      request_id: quote(requestId, uuid),
    })
    return outcome
  }
  return {
    kind: gateway.kind,
    async ready() {
      open()
    },
    async send(message) {
      if (isClosed) throw new Error('This SMS sender is closed')
      if (!e164.test(message.phone)) throw new Error('An SMS goes to a number in E.164')
      if (!gateway.sendsAbroad && !isMainland(message.phone)) return 'phone_refused'
      const { ask } = open()
      const reply = await within(timeoutMs, ask(message).catch(readError))
      if (reply?.code === gateway.success) return 'sent'
      const { code } = reply ?? noReply
      const meaning = gateway.meanings.find(([each]) => typeof code === 'string' && each.test(code))
      return refuse(meaning?.[1] ?? 'unavailable', reply ?? noReply)
    },
    async close() {
      isClosed = true
      client?.close()
    },
  }
}

const noReply: GatewayReply = { code: undefined, requestId: undefined }

/** Whether a number in E.164 is of the Chinese mainland. */
export function isMainland(phone: string): boolean {
  return phone.startsWith('+86')
}

/**
 * The code of an error, and nothing else of it: its message may be the URL that was called, phone
 * and code included, or name the number that is wrong.
 */
function readError(error: unknown): GatewayReply {
  if (typeof error !== 'object' || error === null) return noReply
  const code = 'code' in error ? error.code : undefined
  return { code, requestId: 'requestId' in error ? error.requestId : undefined }
}

/** A code has no run of digits, so that neither a phone nor an OTP is ever taken for one. */
const errorCode = /^(?!.*\d{3})[A-Za-z][\w.]{0,79}$/
const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i

function quote(value: unknown, shape: RegExp): string | null {
  return typeof value === 'string' && shape.test(value) ? value : null
}

/**
 * What the work gives, or undefined when the time is over. The SDKs end a request that is late, but
 * not surely: that of Aliyun forgets to on a connection that it uses again.
 */
async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, undefined)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

const endpointMust =
  'the origin of an https: URL without a path; http: only on localhost, 127.0.0.1 or [::1]'
const loopback = ['localhost', '127.0.0.1', '[::1]']

/**
 * The schemas of what the options of gateways have in common. Each says what has to be, and repeats
 * no value.
 */
export const gatewayOptions = {
  ...sdkOptions,
  endpoint: v.pipe(
    v.string(endpointMust),
    v.check((text) => {
      const url = URL.canParse(text) ? new URL(text) : undefined
      if (!url || url.origin !== text.replace(/\/$/, '')) return false
      return (
        url.protocol === 'https:' || (url.protocol === 'http:' && loopback.includes(url.hostname))
      )
    }, endpointMust),
    v.transform((text) => new URL(text)),
  ),
  report: v.optional(
    v.custom<NonNullable<GatewayOptions['report']>>(
      (value) => typeof value === 'function',
      'a function',
    ),
  ),
}
