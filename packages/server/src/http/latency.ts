import type { RouteName } from '@kaimen/protocol'
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

export const kindOf: ReadonlyMap<string, LatencyKind> = new Map([
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
  /** Of a route that nobody looks at nothing is kept. */
  note(route: string, ms: number): void
  /** Milliseconds; of kinds that nobody asked for lately there is none. */
  read(): readonly { kind: LatencyKind; count: number; median_ms: number; p95_ms: number }[]
}

export function watchLatency(clock: Pick<Clock, 'now'>): Latency {
  const seen = new Map<LatencyKind, Seen[]>()
  const places = new Map<LatencyKind, number>()

  return {
    note(route, ms) {
      const kind = kindOf.get(route)
      if (kind === undefined) return
      const ring = seen.get(kind) ?? []
      const place = places.get(kind) ?? 0
      ring[place] = { at: clock.now(), ms }
      seen.set(kind, ring)
      places.set(kind, (place + 1) % kept)
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
