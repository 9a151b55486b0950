export type Fetch = (url: string, init: RequestInit) => Promise<Response>

type Question = {
  url: string
  method?: 'GET' | 'POST'
  headers?: Record<string, string>
  body?: string
  timeoutMs: number
  maxBytes: number
  signal: AbortSignal
}

type Answer = { readonly headers: Headers; readonly value: unknown }

/** The server answered, but with another status than 200. */
export class StatusError extends Error {
  override readonly name = 'StatusError'
  readonly status: number

  constructor(status: number) {
    super(`the server answered with ${status}`)
    this.status = status
  }
}

/**
 * Follows no redirect and reads no more than `maxBytes`.
 *
 * @throws Whatever is not a 200 with JSON in time. The messages name no URL and repeat no reply.
 */
export async function fetchJson(fetch: Fetch, question: Question): Promise<Answer> {
  const { url, method = 'GET', headers = {}, body, timeoutMs, maxBytes, signal } = question
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  const response = await fetch(url, {
    method,
    headers: { accept: 'application/json', ...headers },
    // A redirect could lead away from the server that is trusted, the credential with it.
    redirect: 'error',
    signal: limit,
    ...(body !== undefined && { body }),
  }).catch(() => {
    throw new Error('the server could not be reached')
  })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new StatusError(response.status)
  }
  if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(response.headers.get('content-type') ?? '')) {
    await response.body?.cancel()
    throw new Error('the answer is not JSON')
  }
  return { headers: response.headers, value: parse(await readText(response, maxBytes)) }
}

async function readText(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    const body: AsyncIterable<Uint8Array> | null = response.body
    for await (const chunk of body ?? []) {
      length += chunk.length
      if (length > maxBytes) break
      chunks.push(chunk)
    }
  } catch {
    throw new Error('the answer broke off')
  }
  if (length > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`)
  return Buffer.concat(chunks).toString()
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message repeats the text.
    throw new Error('the answer is not JSON')
  }
}
