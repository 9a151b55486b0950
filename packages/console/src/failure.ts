import { t } from './language.ts'

/** Why a call gave no answer that can be used, in words that are shown as they are. */
export class Failure extends Error {
  override name = 'Failure'
  /** Of the server's closed table; `offline` and `unreadable` are of this side. */
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly retryAfterSeconds: number | undefined

  constructor(code: string, title: string, detail: string, retryAfterSeconds?: number) {
    super(title)
    this.code = code
    this.title = title
    this.detail = detail
    this.retryAfterSeconds = retryAfterSeconds
  }
}

export function offline(): Failure {
  return new Failure(
    'offline',
    t('连不上服务器', 'The server cannot be reached'),
    t(
      '请求没有得到回应，可能是网络断开或服务器正在重启。如果这是一个操作，它可能已经完成：请先刷新查看，再决定是否重试。',
      'There was no answer: the network may be down, or the server is being restarted. If this was an act, it may have been done all the same: reload and look before you try again.',
    ),
  )
}

export function unreadable(status: number): Failure {
  return new Failure(
    'unreadable',
    t('收到了看不懂的回应', 'The answer makes no sense'),
    t(
      `服务器或它前面的代理回应了状态 ${status}，内容不是控制台能理解的。请检查代理配置和服务器版本。`,
      `The server, or a proxy before it, answered with status ${status} and nothing that the console can read. Check the proxy's settings and the server's version.`,
    ),
  )
}

/** What is not a {@link Failure} is a mistake of the console's own. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  return new Failure(
    'console_error',
    t('控制台出错了', 'The console has a fault'),
    t(
      `这是控制台自身的问题，请重新加载页面；若再次出现，请报告：${String(error)}`,
      `This is the console's own mistake. Reload the page; if it comes back, report it: ${String(error)}`,
    ),
  )
}
