import type { ErrorEntry, Fault, Text } from './error-entry.ts'

/**
 * Why there is no answer from WeChat.
 *
 * - `timeout`: the total deadline, or the one for connecting, passed
 * - `unreachable`: no connection, or it broke before an answer began
 * - `bad_reply`: something answered, but not as WeChat's API does: not status 200, empty, cut off,
 *   too long, not JSON, or without the fields that the call promises
 * - `overloaded`: too many calls are under way and waiting in this process
 * - `circuit_open`: calls failed in a row, so this one was not tried
 * - `closed`: the client was closed
 */
export type TransportFailure =
  'timeout' | 'unreachable' | 'bad_reply' | 'overloaded' | 'circuit_open' | 'closed'

const entries: Record<TransportFailure, ErrorEntry> = {
  timeout: {
    fault: 'network',
    retryable: true,
    meaning: { en: 'WeChat did not answer in time', zh: '微信未在时限内应答' },
    fix: {
      en: 'Try again with a new code. If it goes on, check DNS, proxy and firewall towards api.weixin.qq.com.',
      zh: '用新的 code 重试；若持续出现，检查到 api.weixin.qq.com 的 DNS、代理与防火墙。',
    },
  },
  unreachable: {
    fault: 'network',
    retryable: true,
    meaning: { en: 'WeChat cannot be reached', zh: '无法连接微信' },
    fix: {
      en: 'Check DNS, proxy, firewall and TLS certificates towards the configured host.',
      zh: '检查到所配置主机的 DNS、代理、防火墙与 TLS 证书。',
    },
  },
  bad_reply: {
    fault: 'network',
    retryable: true,
    meaning: { en: 'the reply is not one of WeChat’s API', zh: '收到的应答不符合微信接口' },
    fix: {
      en: 'Check that the base URL is WeChat’s and that no proxy or portal answers in its place.',
      zh: '确认 baseUrl 是微信的地址，且没有代理或认证页面替它应答。',
    },
  },
  overloaded: {
    fault: 'operator',
    retryable: true,
    meaning: { en: 'too many calls to WeChat at once', zh: '同时进行的微信调用过多' },
    fix: {
      en: 'Shed load or try again shortly; raise maxInFlight if WeChat itself is fast.',
      zh: '限流或稍后重试；若微信本身响应正常，可调大 maxInFlight。',
    },
  },
  circuit_open: {
    fault: 'network',
    retryable: true,
    meaning: {
      en: 'WeChat failed several times in a row, so it is left alone for a moment',
      zh: '连续多次调用失败，暂停调用微信',
    },
    fix: {
      en: 'Try again in some seconds; look at the failures before this one for the cause.',
      zh: '数秒后重试；原因见此前的失败记录。',
    },
  },
  closed: {
    fault: 'caller',
    retryable: false,
    meaning: { en: 'the client is closed', zh: '客户端已关闭' },
    fix: {
      en: 'Call close() only after the last call.',
      zh: '请在最后一次调用之后再 close()。',
    },
  },
}

interface TransportDetails {
  readonly sent: boolean
  readonly status?: number | undefined
  readonly detail?: string | undefined
  readonly cause?: Error | undefined
}

/** There is no answer from WeChat that can be used. */
export class WechatTransportError extends Error {
  override readonly name = 'WechatTransportError'
  readonly kind: TransportFailure
  /** The call that was made, for example `code2Session`. */
  readonly endpoint: string
  /**
   * `false`: WeChat certainly did not get the request, so a code in it is still good. `true`: it
   * may have acted on it, so the code may be spent.
   */
  readonly sent: boolean
  readonly fault: Fault
  readonly retryable: boolean
  readonly meaning: Text
  readonly fix: Text
  /** HTTP status, where an answer began. */
  readonly status: number | undefined

  /** `detail` and `cause` must be clean of secrets already. */
  constructor(
    endpoint: string,
    kind: TransportFailure,
    { sent, status, detail, cause }: TransportDetails,
  ) {
    const { fault, retryable, meaning, fix } = entries[kind]
    const suffix = detail === undefined ? '' : ` [${detail}]`
    super(
      `${endpoint}: ${kind}, ${meaning.en}. ${fix.en}${suffix}`,
      cause === undefined ? undefined : { cause },
    )
    this.kind = kind
    this.endpoint = endpoint
    this.sent = sent
    this.fault = fault
    this.retryable = retryable
    this.meaning = meaning
    this.fix = fix
    this.status = status
  }
}
