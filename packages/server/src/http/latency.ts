import type { AdminRouteName, RouteName } from '@kaimen/protocol'
import { minuteMs, type Clock } from '../clock.ts'

/** What people wait for, and back ends. */
const kinds = {
  sign_in: [
    'signInWechat',
    'signInPhone',
    'signInOtp',
    'signInPassword',
    'signInCloud',
    'webCallback',
  ],
  refresh: ['token', 'webToken'],
  check: ['me', 'introspect'],
} as const satisfies Record<string, readonly RouteName[]>

type LatencyKind = keyof typeof kinds

const kindOf: ReadonlyMap<string, LatencyKind> = new Map([
  ...kinds.sign_in.map((name) => [name, 'sign_in'] as const),
  ...kinds.refresh.map((name) => [name, 'refresh'] as const),
  ...kinds.check.map((name) => [name, 'check'] as const),
])

/** The latest of each kind, and for so long. */
const kept = 1024
const keptMs = 15 * minuteMs

type Seen = { readonly at: number; readonly ms: number }

/** How long requests take at this node, read off the latest of them. */
export type Latency = {
  /** Measures a handler of a route that is looked at; any other comes back as it is. */
  measure<Args extends readonly unknown[]>(
    route: RouteName | AdminRouteName,
    handle: (...args: Args) => Promise<Response>,
  ): (...args: Args) => Promise<Response>
  /** Milliseconds; of kinds that nobody asked for lately there is none. */
  read(): readonly { kind: LatencyKind; count: number; median_ms: number; p95_ms: number }[]
}

export function watchLatency(clock: Pick<Clock, 'now'>): Latency {
  const seen = new Map<LatencyKind, Seen[]>()
  const places = new Map<LatencyKind, number>()

  function note(kind: LatencyKind, one: Seen) {
    const ring = seen.get(kind) ?? []
    const place = places.get(kind) ?? 0
    ring[place] = one
    seen.set(kind, ring)
    places.set(kind, (place + 1) % kept)
  }

  return {
    measure(route, handle) {
      const kind = kindOf.get(route)
      if (kind === undefined) return handle
      return async (...args) => {
        const began = clock.now()
        try {
          return await handle(...args)
        } finally {
          const at = clock.now()
          // A clock that was set back says nothing.
          if (at >= began) note(kind, { at, ms: at - began })
        }
      }
    },
    read() {
      const since = clock.now() - keptMs
      return [...seen].flatMap(([kind, ring]) => {
        const times = ring
          .flatMap(({ at, ms }) => (at >= since ? ms : []))
          .toSorted((a, b) => a - b)
        const [median_ms, p95_ms] = [shareOf(times, 0.5), shareOf(times, 0.95)]
        if (median_ms === undefined || p95_ms === undefined) return []
        return { kind, count: times.length, median_ms, p95_ms }
      })
    },
  }
}

/** The time within which so large a share was done. */
const shareOf = (sorted: readonly number[], share: number) =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
