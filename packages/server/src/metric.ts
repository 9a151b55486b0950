/** What Prometheus reads, as plain data in the shape of prom-client's JSON. */
export type Metric = {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** What prom-client does with several of one name; there is one of each. */
  readonly aggregator: 'sum'
  readonly values: readonly Sample[]
}

type Labels = Readonly<Record<string, string | number>>
type Sample = { readonly value: number; readonly labels: Labels; readonly metricName?: string }

type Named = { readonly name: string; readonly help: string }

/** Values of labels are names of ours and numbers: none holds a space. */
const between = ' '

/**
 * Counts by label. Every combination of values is kept for good, so they have to come from closed
 * sets.
 */
export function countBy(named: Named, labelNames: readonly string[] = []) {
  const counts = new Map<string, number>(labelNames.length === 0 ? [['', 0]] : [])
  return {
    add(...values: readonly string[]) {
      const key = values.join(between)
      counts.set(key, (counts.get(key) ?? 0) + 1)
    },
    read(): Metric {
      const values = [...counts].map(([key, value]) => {
        const texts = key.split(between)
        const labels = Object.fromEntries(labelNames.map((name, at) => [name, texts[at] ?? '']))
        return { value, labels }
      })
      return { ...named, type: 'counter', aggregator: 'sum', values }
    },
  }
}

/** Upper bounds, in milliseconds; what takes longer is in none of them. */
const boundsMs = [2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000]

/** Sorts durations by their length, one histogram for each value of the label. */
export function timeBy(named: Named, labelName: string) {
  type Times = { readonly within: number[]; sumMs: number; count: number }
  const series = new Map<string, Times>()

  return {
    add(value: string, ms: number) {
      let times = series.get(value)
      if (!times) series.set(value, (times = { within: boundsMs.map(() => 0), sumMs: 0, count: 0 }))
      times.sumMs += ms
      times.count += 1
      const place = boundsMs.findIndex((bound) => ms <= bound)
      if (place >= 0) times.within[place] = (times.within[place] ?? 0) + 1
    },
    read(): Metric {
      const of = (suffix: string) => `${named.name}_${suffix}`
      const values = [...series].flatMap(([value, { within, sumMs, count }]) => {
        const labels = { [labelName]: value }
        let upTo = 0
        const buckets = boundsMs.map((bound, place) => {
          upTo += within[place] ?? 0
          return { metricName: of('bucket'), labels: { ...labels, le: bound / 1000 }, value: upTo }
        })
        return [
          ...buckets,
          { metricName: of('bucket'), labels: { ...labels, le: '+Inf' }, value: count },
          { metricName: of('sum'), labels, value: sumMs / 1000 },
          { metricName: of('count'), labels, value: count },
        ]
      })
      return { ...named, type: 'histogram', aggregator: 'sum', values }
    },
  }
}

/** What is so at this moment. */
export function gauge(named: Named, values: readonly Sample[]): Metric {
  return { ...named, type: 'gauge', aggregator: 'sum', values }
}
