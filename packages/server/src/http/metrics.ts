import { gauge, type Metric } from '../metric.ts'
import { within } from '../outage.ts'
import { secondMs } from '../clock.ts'
import type { Handler, HttpParts } from './handlers.ts'
import { service } from './service.ts'

/** Long before Prometheus gives up, after 10 s. */
const patienceMs = 2 * secondMs

/**
 * `GET /metrics`, in Prometheus' text format. Whoever scraped before goes on while the database is
 * away: then of all times it is asked for.
 */
export const metrics: Handler = async (parts, call) => {
  await service(parts, call, 'metrics', { whileAway: true })
  const ours = [...parts.metrics.read(), hashes(parts), await stores(parts)]
  const { Registry, AggregatorRegistry, ofProcess } = await openPrometheus()
  const all = Registry.merge([AggregatorRegistry.aggregate([ours]), ofProcess])
  return new Response(await all.metrics(), {
    headers: { 'content-type': all.contentType, 'cache-control': 'no-store' },
  })
}

function hashes({ passwords }: HttpParts): Metric {
  const { running, waiting } = passwords.hashing.load()
  const named = {
    name: 'kaimen_password_hashes',
    help: 'Password hashes that are computed, or wait in line, at this moment.',
  }
  return gauge(named, [
    { value: running, labels: { state: 'running' } },
    { value: waiting, labels: { state: 'waiting' } },
  ])
}

async function stores({ store, ephemeral }: HttpParts): Promise<Metric> {
  const named = { name: 'kaimen_store_up', help: 'Whether a store answers: 1, or 0.' }
  const isUp = (question: Promise<unknown>) =>
    within(patienceMs, question).then(
      () => 1,
      () => 0,
    )
  const [database, short] = await Promise.all([isUp(store.ping()), isUp(ephemeral.get('metrics'))])
  return gauge(named, [
    { value: database, labels: { store: 'database' } },
    { value: short, labels: { store: 'ephemeral' } },
  ])
}

let opened: ReturnType<typeof loadPrometheus> | undefined

/** Loaded by the first who asks: a server that nobody scrapes starts without it. */
const openPrometheus = () => (opened ??= loadPrometheus())

async function loadPrometheus() {
  const { AggregatorRegistry, collectDefaultMetrics, Registry } = await import('prom-client')
  // Of the process, however many servers it holds: its observers cannot be taken off again.
  const ofProcess = new Registry()
  collectDefaultMetrics({ register: ofProcess })
  return { AggregatorRegistry, Registry, ofProcess }
}
