import type { Auth } from '@kaimen/server'
import { describeReply, describeRequest } from './describe.ts'
import { readText, type SentReply, type SentRequest } from './message.ts'
import { phones, type Actor } from './page/wire.ts'
import type { Recorder } from './recorder.ts'

/** Which phone of the stage a request comes from; nobody is trusted for it. */
export const phoneHeader = 'x-kaimen-stage'

/** The server's handler, whose requests and replies are recorded. */
export function recordServer(
  handler: Auth['handler'],
  recorder: Recorder,
  {
    now,
    onExchange,
  }: { now: () => number; onExchange: (request: SentRequest, reply: SentReply) => void },
): Auth['handler'] {
  return async (request, connection) => {
    const url = new URL(request.url)
    const isPreflight = request.method === 'OPTIONS'
    if (isPreflight || !/^\/(v1|\.well-known)\//.test(url.pathname))
      return handler(request, connection)
    const { method, headers } = request
    const sent: SentRequest = {
      from: nameSender(headers),
      to: 'server',
      method,
      url,
      headers,
      body: await readText(request),
    }
    const startedMs = now()
    const end = recorder.begin(describeRequest(sent))
    try {
      const response = await handler(request, connection)
      const reply: SentReply = {
        status: response.status,
        headers: response.headers,
        body: await readText(response),
      }
      end(describeReply(sent, reply, now() - startedMs))
      onExchange(sent, reply)
      return response
    } catch (error) {
      end(describeReply(sent, undefined, now() - startedMs))
      throw error
    }
  }
}

function nameSender(headers: Headers): Actor {
  const phone = phones.find((each) => each === headers.get(phoneHeader))
  if (phone) return phone
  // Every browser says it.
  return headers.has('sec-fetch-site') || headers.has('origin') ? 'desktop' : 'terminal'
}
