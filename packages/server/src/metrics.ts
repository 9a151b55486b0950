import { callErrcodes, errcodes, WechatError, WechatTransportError } from '@kaimen/wechat'
import type { Wechat, WechatRequest } from '@kaimen/wechat'
import type { ErrorCode } from '@kaimen/protocol'
import type { Clock } from './clock.ts'
import type { AuthEvent } from './hooks.ts'
import { countBy, gauge, timeBy, type Metric } from './metric.ts'

/**
 * What this node has done since it started. Every label is from a closed set: none names a person,
 * a session, an app, or a path as it was asked for.
 */
export type Metrics = {
  countEvent(event: AuthEvent): void
  /** Of a refresh what became of it. */
  countRefresh(outcome: 'refreshed' | ErrorCode): void
  requests: {
    begin(): void
    /** @param seen.kind `undefined`: refused for want of a place, which takes no time. */
    end(seen: { route: string; status: number; kind: string | undefined; ms: number }): void
  }
  /** The same client, whose calls are counted and timed. */
  watchWechat(wechat: Wechat): Wechat
  read(): readonly Metric[]
}

export function keepMetrics(clock: Pick<Clock, 'now'>): Metrics {
  const signIns = countBy(
    {
      name: 'kaimen_sign_ins_total',
      help: 'Sign-ins, by way in and by what became of them: signed_in, signed_up, or an error code.',
    },
    ['by', 'outcome'],
  )
  const refreshes = countBy(
    {
      name: 'kaimen_refreshes_total',
      help: 'Refreshes, by what became of them: refreshed, or an error code.',
    },
    ['outcome'],
  )
  const events = countBy(
    {
      name: 'kaimen_events_total',
      help: 'Events of the audit log but sign-ins, by kind.',
    },
    ['kind'],
  )
  const requests = countBy(
    {
      name: 'kaimen_http_requests_total',
      help: 'Requests, by route (the operationId of /openapi.json) and status.',
    },
    ['route', 'status'],
  )
  const durations = timeBy(
    {
      name: 'kaimen_http_request_duration_seconds',
      help: 'How long requests took, by what they are for.',
    },
    'kind',
  )
  const shed = countBy({
    name: 'kaimen_http_requests_shed_total',
    help: 'Requests that were answered with 503 because too many were under way.',
  })
  const calls = countBy(
    {
      name: 'kaimen_wechat_calls_total',
      help: 'Calls to WeChat, by call and by what became of them: ok, an errcode, or why there was no answer.',
    },
    ['call', 'outcome'],
  )
  const callDurations = timeBy(
    {
      name: 'kaimen_wechat_call_duration_seconds',
      help: 'How long calls to WeChat took, the wait in line included.',
    },
    'call',
  )
  let underWay = 0
  let callsUnderWay = 0

  async function watchCall<Reply>(
    { endpoint }: WechatRequest,
    call: () => Promise<Reply>,
  ): Promise<Reply> {
    const began = clock.now()
    callsUnderWay += 1
    let outcome = 'ok'
    try {
      return await call()
    } catch (error) {
      outcome = outcomeOf(endpoint, error)
      throw error
    } finally {
      callsUnderWay -= 1
      calls.add(endpoint, outcome)
      callDurations.add(endpoint, Math.max(0, clock.now() - began))
    }
  }

  return {
    countEvent(event) {
      if (event.kind === 'signed_in') {
        signIns.add(event.by, event.decision === 'create' ? 'signed_up' : 'signed_in')
      } else if (event.kind === 'sign_in_failed') {
        signIns.add(event.by, event.code)
      } else {
        events.add(event.kind)
      }
    },
    countRefresh: (outcome) => refreshes.add(outcome),
    requests: {
      begin() {
        underWay += 1
      },
      end({ route, status, kind, ms }) {
        underWay -= 1
        requests.add(route, String(status))
        if (kind === undefined) shed.add()
        else durations.add(kind, ms)
      },
    },
    watchWechat: (wechat) => ({
      ...wechat,
      call: (request) => watchCall(request, () => wechat.call(request)),
      draw: (request) => watchCall(request, () => wechat.draw(request)),
    }),
    read: () => [
      ...[signIns, refreshes, events, requests, durations, shed, calls, callDurations].map((each) =>
        each.read(),
      ),
      gauge(
        { name: 'kaimen_http_requests_in_flight', help: 'Requests under way at this moment.' },
        [{ value: underWay, labels: {} }],
      ),
      gauge(
        {
          name: 'kaimen_wechat_calls_in_flight',
          help: 'Calls to WeChat under way or waiting in line at this moment.',
        },
        [{ value: callsUnderWay, labels: {} }],
      ),
    ],
  }
}

/** An errcode that is in no table is `other`: what answers could else make up any number of them. */
function outcomeOf(endpoint: string, error: unknown): string {
  if (error instanceof WechatTransportError) return error.kind
  if (!(error instanceof WechatError)) return 'other'
  const isKnown = error.errcode in errcodes || error.errcode in (callErrcodes[endpoint] ?? {})
  return isKnown ? String(error.errcode) : 'other'
}
