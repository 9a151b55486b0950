import { WechatInputError } from './errors/input-error.ts'

export interface WechatOptions {
  /**
   * Where WeChat's API is: an origin, without path, query or credentials. Must be `https:`, but for
   * loopback hosts. Default `https://api.weixin.qq.com`.
   */
  readonly baseUrl?: string
  /** Lets `baseUrl` be `http:` on any host: every AppSecret then crosses the network in the clear. */
  readonly allowInsecureHttp?: boolean
  /** Longest time to connect, TLS included, in milliseconds, 1 to `timeoutMs`. Default 2000. */
  readonly connectTimeoutMs?: number
  /**
   * Longest time of a whole call, from the wait in line to the last byte of the reply, in
   * milliseconds, 1 to 60000. Default 5000.
   */
  readonly timeoutMs?: number
  /** Most calls, and connections, at the same time, 1 to 10000. Default 128. */
  readonly maxInFlight?: number
  /**
   * Most calls that wait for a free place; one more fails as `overloaded`. 0 to 100000. Default
   * 512.
   */
  readonly maxWaiting?: number
  /** Longest reply, in bytes, 1 to 16777216. Default 1048576 (1 MiB). */
  readonly maxReplyBytes?: number
  /** Failures of transport in a row that open the circuit, 1 to 10000. Default 10. */
  readonly circuitFailures?: number
  /**
   * How long an open circuit refuses calls before one may probe, in milliseconds, 1 to 600000.
   * Default 5000.
   */
  readonly circuitPauseMs?: number
  /** A clock in milliseconds that never goes back; the circuit reads it. Default `performance.now`. */
  readonly nowMs?: () => number
}

/** How many calls there may be at a time, where no option says otherwise. */
export const defaultCallLimits = { maxInFlight: 128, maxWaiting: 512 } as const

const ranges = {
  connectTimeoutMs: { default: 2000, min: 1, max: 60_000 },
  timeoutMs: { default: 5000, min: 1, max: 60_000 },
  maxInFlight: { default: defaultCallLimits.maxInFlight, min: 1, max: 10_000 },
  maxWaiting: { default: defaultCallLimits.maxWaiting, min: 0, max: 100_000 },
  maxReplyBytes: { default: 1_048_576, min: 1, max: 16_777_216 },
  circuitFailures: { default: 10, min: 1, max: 10_000 },
  circuitPauseMs: { default: 5000, min: 1, max: 600_000 },
} as const

const names = new Set([...Object.keys(ranges), 'baseUrl', 'allowInsecureHttp', 'nowMs'])

/** The options with defaults filled in, checked once. */
export function checkOptions(options: WechatOptions) {
  for (const name of Object.keys(options)) {
    if (!names.has(name)) throw new WechatInputError(name, 'is not an option of createWechat')
  }
  const { baseUrl = 'https://api.weixin.qq.com', allowInsecureHttp = false } = options
  const { nowMs = () => performance.now() } = options
  if (typeof allowInsecureHttp !== 'boolean') {
    throw new WechatInputError('allowInsecureHttp', 'must be true or false')
  }
  if (typeof nowMs !== 'function') throw new WechatInputError('nowMs', 'must be a function')
  const timeoutMs = checkNumber('timeoutMs', options)
  const connectTimeoutMs =
    options.connectTimeoutMs === undefined
      ? Math.min(ranges.connectTimeoutMs.default, timeoutMs)
      : checkNumber('connectTimeoutMs', options)
  if (connectTimeoutMs > timeoutMs) {
    throw new WechatInputError('connectTimeoutMs', 'must not exceed timeoutMs')
  }
  return {
    origin: checkOrigin(baseUrl, allowInsecureHttp),
    connectTimeoutMs,
    timeoutMs,
    maxInFlight: checkNumber('maxInFlight', options),
    maxWaiting: checkNumber('maxWaiting', options),
    maxReplyBytes: checkNumber('maxReplyBytes', options),
    circuitFailures: checkNumber('circuitFailures', options),
    circuitPauseMs: checkNumber('circuitPauseMs', options),
    nowMs,
  }
}

function checkNumber(name: keyof typeof ranges, options: WechatOptions): number {
  const range = ranges[name]
  const value = options[name] ?? range.default
  if (!Number.isInteger(value) || value < range.min || value > range.max) {
    throw new WechatInputError(name, `must be a whole number from ${range.min} to ${range.max}`)
  }
  return value
}

export function checkOrigin(baseUrl: string, allowInsecureHttp: boolean): URL {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  if (url === undefined) throw new WechatInputError('baseUrl', 'is not a URL')
  const bare = url.pathname === '/' && url.search === '' && url.hash === ''
  if (!bare || url.username !== '' || url.password !== '') {
    throw new WechatInputError('baseUrl', 'must be an origin, such as https://api.weixin.qq.com')
  }
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)
  const allowed =
    url.protocol === 'https:' || (url.protocol === 'http:' && (loopback || allowInsecureHttp))
  if (!allowed) {
    throw new WechatInputError(
      'baseUrl',
      'must be https: (http: would send every AppSecret in the clear; allowInsecureHttp permits it)',
    )
  }
  return url
}
