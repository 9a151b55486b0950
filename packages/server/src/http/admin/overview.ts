import type { AdminOverview } from '@kaimen/protocol'
import { dayMs, minuteMs } from '../../clock.ts'
import { instant, jsonResponse } from '../reply.ts'
import { eachBack } from './events.ts'
import { readInstant, refuseQuery } from './query.ts'
import { readDetail } from './reply.ts'
import type { AdminHandler } from './routes.ts'

/** A month of hours. */
const mostBuckets = 744
/** Events that one look counts: about a second's work. More are left out, and it is said. */
const mostEvents = 50_000
/** Sessions that are counted one by one. */
const mostDevices = 100_000
const lengths = { hour: 60 * minuteMs, day: dayMs } as const
const defaults = { hour: dayMs, day: 30 * dayMs } as const

/** `GET /v1/admin/overview`: counted from the audit log, newest first. */
export const overview: AdminHandler = async (parts, { request }) => {
  const { store, clock } = parts
  const search = new URL(request.url).searchParams
  const by = search.get('by') ?? 'hour'
  if (by !== 'hour' && by !== 'day') throw refuseQuery('by')
  const length = lengths[by]
  const until = Math.ceil((readInstant(search, 'until') ?? clock.now() + 1) / length) * length
  const since = Math.floor((readInstant(search, 'since') ?? until - defaults[by]) / length) * length
  const buckets = (until - since) / length
  if (buckets < 1 || buckets > mostBuckets) throw refuseQuery('since')

  const rows = Array.from({ length: buckets }, (_, index) => ({
    at: instant(since + index * length),
    signed_in: 0,
    failed: 0,
    new_users: 0,
  }))
  const waysIn = new Map<string, number>()
  const failures = new Map<string, Failure>()
  let looked = 0
  let complete = true
  for await (const { at, kind, detail } of eachBack(store, { since, until })) {
    if (looked === mostEvents) {
      complete = false
      break
    }
    looked += 1
    const row = rows[Math.floor((at - since) / length)]
    if (!row) continue
    if (kind === 'signed_in') {
      const { by: way, decision } = readDetail(detail)
      row.signed_in += 1
      if (decision === 'create') row.new_users += 1
      waysIn.set(String(way), (waysIn.get(String(way)) ?? 0) + 1)
    } else if (kind === 'sign_in_failed') {
      row.failed += 1
      countFailure(failures, readDetail(detail))
    }
  }
  const devices = await store.countLiveSessions({ now_ms: clock.now(), most: mostDevices + 1 })
  const reply: AdminOverview = {
    since: instant(since),
    until: instant(until),
    by,
    complete,
    buckets: rows,
    ways_in: mostFirst([...waysIn].map(([way, count]) => ({ by: way, count }))),
    failures: mostFirst([...failures.values()]),
    active_devices: {
      count: Math.min(devices, mostDevices),
      complete: devices <= mostDevices,
    },
    latency: [...parts.latency.read()],
  }
  return jsonResponse(reply)
}

type Failure = { code: string; errcode: number | null; count: number }

function countFailure(
  failures: Map<string, Failure>,
  { code, errcode }: Readonly<Record<string, unknown>>,
): void {
  const key = JSON.stringify([code, errcode])
  const known = failures.get(key)
  if (known) known.count += 1
  else {
    const ofWechat = typeof errcode === 'number' ? errcode : null
    failures.set(key, { code: String(code), errcode: ofWechat, count: 1 })
  }
}

const mostFirst = <Row extends { count: number }>(rows: readonly Row[]): Row[] =>
  rows.toSorted((a, b) => b.count - a.count)
