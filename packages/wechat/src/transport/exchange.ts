import { errors } from 'undici'
import type { Dispatcher } from 'undici'
import type { Deadline } from './deadline.ts'

/** One HTTP request as it goes out; `path` includes the encoded query. */
export interface Outgoing {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** JSON. WeChat signs over the body, so that an empty one and none differ: none is sent. */
  readonly body?: string
}

/** What came of it. */
export type Outcome =
  { readonly kind: 'answered'; readonly status: number; readonly body: Buffer } | Failure

export interface Failure {
  readonly kind: 'timeout' | 'unreachable' | 'bad_reply'
  /** False when not one byte of the request was written. */
  readonly sent: boolean
  readonly status?: number | undefined
  readonly detail?: string
  /** As undici gave it: may hold parts of the exchange, so it must be cleaned before it goes on. */
  readonly error?: Error | undefined
}

/** Sends one request once, and never rejects. Redirects are not followed. */
export function exchange(
  dispatcher: Dispatcher,
  outgoing: Outgoing,
  deadline: Deadline,
): Promise<Outcome> {
  return new Promise((resolve) => {
    let controller: Dispatcher.DispatchController | undefined
    let status: number | undefined
    const chunks: Buffer[] = []

    const fail = (kind: Failure['kind'], error?: Error) =>
      resolve({ kind, sent: controller !== undefined, status, error })

    deadline.giveUp = () => {
      fail('timeout')
      controller?.abort(new Error('deadline passed'))
    }

    dispatcher.dispatch(
      {
        method: outgoing.method,
        path: outgoing.path,
        body: outgoing.body ?? null,
        headers: {
          accept: '*/*',
          ...(outgoing.body !== undefined && { 'content-type': 'application/json' }),
        },
      },
      {
        onRequestStart(started) {
          // Throwing here drops a request before its first byte. That matters when the deadline
          // passed while the connection was being made, and it keeps undici from ever sending a
          // single-use code a second time.
          if (deadline.expired || controller !== undefined) throw new Error('not sent')
          controller = started
        },
        onResponseStart(_controller, statusCode) {
          status = statusCode
        },
        onResponseData(_controller, chunk) {
          chunks.push(chunk)
        },
        onResponseEnd() {
          const [first] = chunks
          const body = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks)
          resolve({ kind: 'answered', status: status ?? 0, body })
        },
        onResponseError(_controller, error) {
          fail(classify(error, status), error)
        },
      },
    )
  })
}

function classify(error: Error, status: number | undefined): Failure['kind'] {
  if (error instanceof errors.ConnectTimeoutError) return 'timeout'
  // Cut off, too long, or not HTTP: something answered.
  const answered = status !== undefined || error instanceof errors.HTTPParserError
  return answered ? 'bad_reply' : 'unreachable'
}
