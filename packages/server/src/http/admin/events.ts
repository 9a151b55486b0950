import type { AdminEvents } from '@kaimen/protocol'
import { actAs, recordEvent } from '../../events.ts'
import { formatId, idAt, parseId } from '../../id.ts'
import type { Store, StoredEvent } from '../../store/store.ts'
import { jsonResponse } from '../reply.ts'
import { readInstant, readNumber, refuseQuery } from './query.ts'
import { eventReply, readDetail } from './reply.ts'
import type { AdminHandler } from './routes.ts'

/** How many events are read at once, and, for one page, at most. */
const batch = 500
const mostLooked = 10_000
/** Nodes' clocks differ, and an event gets a later number than its time where it has to wait. */
const slackMs = 60_000

type Walk = { since: number; until: number; user_id?: number | undefined; before?: number }

/** Events from the newest back, in batches; the last has those at `since`. */
async function* walkBack(
  store: Store,
  { since, until, user_id, before = idAt(until + slackMs) }: Walk,
): AsyncGenerator<readonly StoredEvent[]> {
  for (let from: number | undefined = before; from !== undefined;) {
    const query = { before: from, limit: batch, ...(user_id !== undefined && { user_id }) }
    const events = await store.listLatestEvents(query)
    yield events
    const last: StoredEvent | undefined = events.at(-1)
    from = events.length < batch || !last || last.at < since - slackMs ? undefined : last.id
  }
}

/** The same one by one. */
export async function* eachBack(store: Store, walk: Walk): AsyncGenerator<StoredEvent> {
  for await (const events of walkBack(store, walk)) yield* events
}

type Filter = Walk & { matches(event: StoredEvent): boolean }

function readFilter(search: URLSearchParams, now: number): Filter {
  const kinds = search.get('kind')?.split(',')
  const app_id = search.get('app_id')
  const admin_id = search.get('admin_id')
  const since = readInstant(search, 'since') ?? 0
  const until = readInstant(search, 'until') ?? now + slackMs
  const user = search.get('user_id')
  const user_id = user === null ? undefined : parseId('usr', user)
  if (user !== null && user_id === undefined) throw refuseQuery('user_id')
  return {
    since,
    until,
    user_id,
    matches: ({ at, kind, detail, ...of }) =>
      at >= since &&
      at < until &&
      (!kinds || kinds.includes(kind)) &&
      (app_id === null || of.app_id === app_id) &&
      (admin_id === null || readDetail(detail)['admin_id'] === admin_id),
  }
}

/** `GET /v1/admin/events`. Looks at so many and no more: a rare kind takes several pages. */
export const listEvents: AdminHandler = async (parts, { request }) => {
  const search = new URL(request.url).searchParams
  const filter = readFilter(search, parts.clock.now())
  const limit = readNumber(search, 'limit', { min: 1, max: 200 }) ?? 100
  const after = search.get('before')
  const before = after === null ? undefined : parseId('evt', after)
  if (after !== null && before === undefined) throw refuseQuery('before')
  const walk = { ...filter, ...(before !== undefined && { before }) }
  const found: StoredEvent[] = []
  let looked = 0
  let last: number | undefined
  let goOn: number | undefined
  for await (const event of eachBack(parts.store, walk)) {
    if (found.length === limit || looked === mostLooked) {
      goOn = last
      break
    }
    if (filter.matches(event)) found.push(event)
    looked += 1
    last = event.id
  }
  const reply: AdminEvents = {
    events: found.map(eventReply),
    before: goOn === undefined ? null : formatId('evt', goOn),
  }
  return jsonResponse(reply)
}

/** `POST /v1/admin/events/export`: as it is read, so that its length plays no role. */
export const exportEvents: AdminHandler = async (parts, { request, admin }) => {
  const filter = readFilter(new URL(request.url).searchParams, parts.clock.now())
  await recordEvent(actAs(parts, formatId('adm', admin.id)), { kind: 'events_exported' })
  const encoder = new TextEncoder()
  const batches = walkBack(parts.store, filter)
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await batches.next()
      if (next.done === true) return controller.close()
      const lines = next.value
        .filter(filter.matches)
        .map((event) => `${JSON.stringify(eventReply(event))}\n`)
      controller.enqueue(encoder.encode(lines.join('')))
    },
    async cancel() {
      await batches.return(undefined)
    },
  })
  return new Response(body, {
    headers: {
      'content-type': 'application/x-ndjson; charset=utf-8',
      'content-disposition': 'attachment; filename="kaimen-events.ndjson"',
      'cache-control': 'no-store',
    },
  })
}
