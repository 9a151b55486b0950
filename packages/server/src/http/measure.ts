import { adminRoutes, errorTable, type ErrorCode } from '@kaimen/protocol'
import type { Clock } from '../clock.ts'
import { KaimenError } from '../errors.ts'
import type { Metrics } from '../metrics.ts'
import { kindOf, type Latency } from './latency.ts'
import type { Name, RequestLimit } from './overload.ts'

type Parts = {
  readonly clock: Pick<Clock, 'now'>
  /** What the console shows. */
  readonly latency: Latency
  /** What `GET /metrics` shows. */
  readonly metrics: Metrics
}

const refreshRoutes: ReadonlySet<Name> = new Set(['token', 'webToken'])

/** Looks at every request that comes to `limit` once, for all who want to know. */
export function measureRequests(
  limit: RequestLimit,
  { clock, latency, metrics }: Parts,
): RequestLimit {
  return async (route, request, answer) => {
    const began = clock.now()
    let hasPlace = false
    metrics.requests.begin()
    const end = (status: number, code?: ErrorCode) => {
      // A clock that was set back says nothing.
      const ms = Math.max(0, clock.now() - began)
      if (hasPlace) latency.note(route, ms)
      metrics.requests.end({ route, status, kind: hasPlace ? whatFor(route) : undefined, ms })
      if (refreshRoutes.has(route)) metrics.countRefresh(code ?? 'refreshed')
    }
    try {
      const response = await limit(route, request, () => {
        hasPlace = true
        return answer()
      })
      end(response.status, hasPlace ? undefined : 'unavailable')
      return response
    } catch (error) {
      const code = error instanceof KaimenError ? error.code : 'internal_error'
      end(errorTable[code].status, code)
      throw error
    }
  }
}

/** Long polls are told apart: that they take long says nothing. */
function whatFor(route: Name): string {
  if (route === 'revocations') return 'long_poll'
  if (route === 'console' || route in adminRoutes) return 'admin'
  return kindOf.get(route) ?? 'other'
}
