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
  /** For what share of the time the load generator had something to do, 0 to 1. */
  readonly loadBusy: number
  /** Cores that processes outside the comparison took meanwhile; undefined where nobody can tell. */
  readonly foreignCores: number | undefined
}

interface Target {
  readonly scenario: ScenarioName
  /** Whose work it is; Kaimen's unless said otherwise. */
  readonly own?: string
  readonly against: string
  /** What the other does; the same unless said otherwise. */
  readonly yardstick?: ScenarioName
  readonly ratio: number
}

const targets: readonly Target[] = [
  { scenario: 'returning', against: 'floor', ratio: 0.75 },
  { scenario: 'returning', against: 'tutorial', ratio: 5 },
  { scenario: 'returning', against: 'better-auth', ratio: 14 },
  { scenario: 'new', against: 'floor', ratio: 0.75 },
  { scenario: 'me', against: 'unchecked', ratio: 0.85 },
  { scenario: 'me', against: 'tutorial', ratio: 5 },
  { scenario: 'me', against: 'better-auth', ratio: 10 },
  { scenario: 'refresh', against: 'floor', yardstick: 'returning', ratio: 0.75 },
  { scenario: 'refresh', own: 'kaimen, postgres', against: 'update, postgres', ratio: 0.8 },
  { scenario: 'returning', own: 'kaimen, many users', against: 'kaimen, few users', ratio: 0.85 },
]

/** The slowest of a hundred refreshes may take so long; milliseconds. */
const refreshP99Ms = 20

/** What was measured beside the rounds, against what it has to reach. */
export interface Finding {
  readonly work: string
  readonly target: string
  /** `undefined` where it was left out. */
  readonly measured: string | undefined
  readonly isReached: boolean
}

export function median(values: readonly number[]): number {
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
    servers.flatMap((server) => {
      const own = samples.filter((each) => each.server === server && each.scenario === scenario)
      if (own.length === 0) return []
      const of = (name: Exclude<keyof Sample, 'server' | 'scenario' | 'foreignCores'>) =>
        median(own.map((sample) => sample[name]))
      const row = [
        scenarioTitles[scenario],
        server,
        Math.round(of('requestsPerSecond')).toLocaleString('en'),
        of('cpuMicroseconds').toFixed(0),
        of('p50Ms').toFixed(1),
        of('p99Ms').toFixed(1),
        of('aloneMs').toFixed(2),
        `${(of('loadBusy') * 100).toFixed(0)} %`,
      ]
      return [row]
    }),
  )
  return renderTable(
    ['scenario', 'server', 'requests/s', 'CPU µs', 'p50 ms', 'p99 ms', 'alone ms', 'load busy'],
    rows,
    2,
  )
}

/**
 * Kaimen's throughput as a multiple of the others', the median over the rounds: within a round all
 * met the same weather. By CPU time it is what a core would serve if nothing had to be waited for.
 */
export function renderTargets(samples: readonly Sample[], findings: readonly Finding[]): string {
  const compared = targets.map((target) => {
    const { scenario, own = 'kaimen', against, yardstick = scenario, ratio } = target
    const pairs = pairByRound(samples, target)
    const ratios = pairs.map(([mine, other]) => mine.requestsPerSecond / other.requestsPerSecond)
    const byCpu = pairs.map(([mine, other]) => other.cpuMicroseconds / mine.cpuMicroseconds)
    const work = `${scenarioTitles[scenario]}${own === 'kaimen' ? '' : ` (${own})`}`
    const other = `${against}${yardstick === scenario ? '' : `’s ${scenarioTitles[yardstick]}`}`
    return [
      work,
      `≥ ${ratio} × ${other}`,
      ...(pairs.length === 0
        ? ['–', '–', '–', 'left out']
        : [
            `${median(ratios).toFixed(2)} ×`,
            `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
            `${median(byCpu).toFixed(2)} ×`,
            median(ratios) >= ratio ? 'reached' : 'NOT reached',
          ]),
    ]
  })
  const others = [judgeRefreshP99(samples), ...findings].map(
    ({ work, target, measured, isReached }) => [
      work,
      target,
      measured ?? '–',
      '–',
      '–',
      measured === undefined ? 'left out' : isReached ? 'reached' : 'NOT reached',
    ],
  )
  return renderTable(
    ['work', 'target', 'measured', 'range of rounds', 'by CPU time', ''],
    [...compared, ...others],
    2,
  )
}

function judgeRefreshP99(samples: readonly Sample[]): Finding {
  const own = samples.filter(
    ({ server, scenario }) => server === 'kaimen' && scenario === 'refresh',
  )
  const p99Ms = median(own.map((sample) => sample.p99Ms))
  return {
    work: 'refresh, 99 of 100',
    target: `< ${refreshP99Ms} ms`,
    measured: own.length === 0 ? undefined : `${p99Ms.toFixed(1)} ms`,
    isReached: p99Ms < refreshP99Ms,
  }
}

function pairByRound(samples: readonly Sample[], target: Target) {
  const { scenario, own = 'kaimen', against, yardstick = scenario } = target
  const of = (server: string, work: ScenarioName) =>
    samples.filter((sample) => sample.server === server && sample.scenario === work)
  const others = of(against, yardstick)
  return of(own, scenario).flatMap((mine, round) => {
    const other = others[round]
    return other === undefined ? [] : [[mine, other] as const]
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
