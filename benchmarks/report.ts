import { scenarioNames, scenarioTitles } from './scenarios.ts'
import type { ScenarioName } from './scenarios.ts'

/** One scenario against one server in one round. */
export interface Sample {
  readonly server: string
  readonly scenario: ScenarioName
  readonly requestsPerSecond: number
  /** CPU time of the server, all threads, for one request. */
  readonly cpuMicroseconds: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** The median at one connection. */
  readonly aloneMs: number
  /** How busy the load generator's core was, 0 to 1. */
  readonly loadBusy: number
  /** Cores that processes outside the comparison took meanwhile; undefined where nobody can tell. */
  readonly foreignCores: number | undefined
}

interface Target {
  readonly scenario: ScenarioName
  readonly against: string
  readonly ratio: number
}

const targets: readonly Target[] = [
  { scenario: 'returning', against: 'tutorial', ratio: 3 },
  { scenario: 'new', against: 'tutorial', ratio: 3 },
  { scenario: 'returning', against: 'floor', ratio: 0.5 },
  { scenario: 'new', against: 'floor', ratio: 0.5 },
  { scenario: 'me', against: 'tutorial', ratio: 4 },
]

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN
  const high = sorted[Math.floor(middle)] ?? Number.NaN
  return (low + high) / 2
}

/** How much of the machine others took while it was measured. */
export function describeForeign(samples: readonly Sample[]): string {
  const known = samples.flatMap(({ foreignCores }) => foreignCores ?? [])
  if (known.length === 0) return 'not known on this system'
  return `${median(known).toFixed(2)} cores (median), ${Math.max(...known).toFixed(2)} at most`
}

/** The medians of the rounds as a Markdown table. */
export function renderMedians(samples: readonly Sample[], servers: readonly string[]): string {
  const rows = scenarioNames.flatMap((scenario) =>
    servers.map((server) => {
      const own = samples.filter((each) => each.server === server && each.scenario === scenario)
      const of = (name: Exclude<keyof Sample, 'server' | 'scenario' | 'foreignCores'>) =>
        median(own.map((sample) => sample[name]))
      return [
        scenarioTitles[scenario],
        server,
        Math.round(of('requestsPerSecond')).toLocaleString('en'),
        of('cpuMicroseconds').toFixed(0),
        of('p50Ms').toFixed(1),
        of('p99Ms').toFixed(1),
        of('aloneMs').toFixed(2),
        `${(of('loadBusy') * 100).toFixed(0)} %`,
      ]
    }),
  )
  return renderTable(
    [
      'scenario',
      'server',
      'requests/s',
      'CPU µs',
      'p50 ms',
      'p99 ms',
      'alone ms',
      'load core busy',
    ],
    rows,
    2,
  )
}

/**
 * Kaimen's throughput as a multiple of the others', the median over the rounds: within a round all
 * met the same weather. By CPU time it is what a core would serve if nothing had to be waited for.
 */
export function renderTargets(samples: readonly Sample[]): string {
  const rows = targets.map((target) => {
    const pairs = pairByRound(samples, target)
    const ratios = pairs.map(([own, other]) => own.requestsPerSecond / other.requestsPerSecond)
    const byCpu = pairs.map(([own, other]) => other.cpuMicroseconds / own.cpuMicroseconds)
    const ratio = median(ratios)
    return [
      scenarioTitles[target.scenario],
      `≥ ${target.ratio} × ${target.against}`,
      `${ratio.toFixed(2)} ×`,
      `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
      `${median(byCpu).toFixed(2)} ×`,
      ratio >= target.ratio ? 'reached' : 'NOT reached',
    ]
  })
  return renderTable(
    ['scenario', 'target', 'median', 'range of rounds', 'by CPU time', ''],
    rows,
    2,
  )
}

function pairByRound(samples: readonly Sample[], { scenario, against }: Target) {
  const of = (server: string) =>
    samples.filter((sample) => sample.server === server && sample.scenario === scenario)
  const others = of(against)
  return of('kaimen').flatMap((own, round) => {
    const other = others[round]
    return other === undefined ? [] : [[own, other] as const]
  })
}

/** The first `textColumns` columns are aligned to the left, the rest to the right. */
function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns: number,
): string {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => (row[column] ?? '').length)),
  )
  const line = (cells: readonly string[]) =>
    `| ${cells
      .map((cell, column) =>
        column < textColumns
          ? cell.padEnd(widths[column] ?? 0)
          : cell.padStart(widths[column] ?? 0),
      )
      .join(' | ')} |`
  const rule = widths.map((width, column) =>
    column < textColumns ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  )
  return [line(head), line(rule), ...rows.map((row) => line(row))].join('\n')
}
