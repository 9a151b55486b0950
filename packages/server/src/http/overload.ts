import type { AdminRouteName, RouteName } from '@kaimen/protocol'
import { secondMs, type Clock } from '../clock.ts'
import { KaimenError } from '../errors.ts'
import { eventStream, wantsEvents } from './events.ts'
import { problemResponse } from './problem.ts'

/** Answered however much there is to do: whoever asks decides by it whether to send more. */
const alwaysAnswered: ReadonlySet<Name> = new Set(['healthz', 'readyz', 'jwks'])
/** These wait for half a minute and cost nothing: they have as many places of their own. */
const waitsForNews: ReadonlySet<Name> = new Set(['revocations'])
/**
 * Back ends ask these, and have a quarter as many places of their own: one that goes wild keeps
 * nobody from signing in. Counting its requests in the store would cost more than answering them.
 */
const ofServices: ReadonlySet<Name> = new Set(['introspect', 'serviceUser', 'metrics'])
/** How often the operator is told, at most. */
const tellEveryMs = 10 * secondMs

type Parts = {
  readonly maxRequests: number
  readonly clock: Clock
  readonly report: (message: string, error: unknown) => void
}

/** `console`: the files of the console's page. */
export type Name = RouteName | AdminRouteName | 'console'

type Places = { readonly max: number; underWay: number }

export type RequestLimit = (
  route: Name,
  request: Request,
  answer: () => Promise<Response>,
) => Promise<Response>

/**
 * Bounds what a node works on at a time, and with it its memory and how long anybody waits. One
 * request more is answered with 503 at once: its body is not read, and nothing of it has begun.
 * [OP-2]
 */
export function limitRequests({ maxRequests, clock, report }: Parts): RequestLimit {
  const working: Places = { max: maxRequests, underWay: 0 }
  const waiting: Places = { max: maxRequests, underWay: 0 }
  const watching: Places = { max: maxRequests, underWay: 0 }
  const services: Places = { max: Math.ceil(maxRequests / 4), underWay: 0 }
  let refused = 0
  let toldAt = Number.NEGATIVE_INFINITY

  return async (route, request, answer) => {
    if (alwaysAnswered.has(route)) return answer()
    const places = placesOf(route, request)
    if (places.underWay >= places.max) return refuse(request, places)
    const leave = () => void (places.underWay -= 1)
    places.underWay += 1
    const response = answer()
    // Looking at a response costs more than all else here: only where one may go on.
    return places === watching ? leaveWhenSent(response, leave) : response.finally(leave)
  }

  function placesOf(route: Name, request: Request): Places {
    if (waitsForNews.has(route)) return waiting
    if (route === 'scan' && wantsEvents(request)) return watching
    return ofServices.has(route) ? services : working
  }

  function refuse(request: Request, { max }: Places): Response {
    const refusal = new KaimenError('unavailable', { retryAfterSeconds: 1 })
    refused += 1
    // A line for each would cost more than the refusal.
    if (clock.now() - toldAt >= tellEveryMs) {
      report(`${max} requests are under way, so ${refused} were refused`, refusal)
      toldAt = clock.now()
      refused = 0
    }
    return problemResponse(refusal, request.headers.get('accept-language'))
  }
}

/** Events go on after the answer has begun: their place is free when they end, or nobody listens. */
async function leaveWhenSent(answer: Promise<Response>, leave: () => void): Promise<Response> {
  const response = await answer.catch((error: unknown) => {
    leave()
    throw error
  })
  const { body, status, headers } = response
  if (body === null || headers.get('content-type') !== eventStream) {
    leave()
    return response
  }
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  body.pipeTo(writable).then(leave, leave)
  return new Response(readable, { status, headers })
}
