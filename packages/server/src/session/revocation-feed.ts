import { minuteMs, secondMs, type Clock } from '../clock.ts'
import { KaimenError } from '../errors.ts'
import type { Random } from '../random.ts'
import type { Cutoff, EndedSession, Store } from '../store/store.ts'

/**
 * What ended, for those who verify access tokens without asking. The source is the store, so
 * nothing that ended is lost with a node; each node looks there once a second while somebody
 * listens, and answers all who listen from what it saw.
 */
export type RevocationFeed = {
  /**
   * @param query.after The cursor of the last page, from whatever node. Without it: what ended
   *   within the life of an access token, at once.
   * @param query.waitMs For how long to wait for news.
   * @returns `undefined` for a cursor that no feed wrote.
   * @throws {@link KaimenError} `unavailable`: the store does not answer, so nobody can tell.
   */
  read(query: {
    after: string | undefined
    waitMs: number
    signal?: AbortSignal | undefined
  }): Promise<RevocationPage | undefined>
}

type RevocationPage = {
  readonly revocations: readonly EndedSession[]
  /** All that may still matter, not only new ones. */
  readonly cutoffs: readonly Cutoff[]
  readonly cursor: string
}

/** How often the store is looked into. */
export const pollMs = secondMs
/**
 * How far back each look begins again: for as long the clocks of two nodes may differ, and a
 * transaction take to commit after its instant was taken.
 */
export const overlapMs = 15 * secondMs
/** A look that is older tells nothing of now. */
const staleMs = 4 * secondMs
/** After so long without a look the log begins anew. */
const lapseMs = minuteMs
const pageSize = 1000
/** Entries that are remembered for those who are a little behind. */
const logSize = 50_000

type Cursor = {
  /** Everything that ended before it was told, at it up to `after_id` too. */
  readonly from: number
  readonly after_id: number
  /** The place in the log of one node: exact there, and unknown everywhere else. */
  readonly epoch: string
  readonly seq: number
}

const nowhere = { epoch: '-', seq: 0 }
const beginning: Cursor = { ...nowhere, from: 0, after_id: 0 }

type Found = {
  readonly revocations: readonly EndedSession[]
  readonly cursor: Cursor
  readonly hasNews: boolean
}

export function openRevocationFeed(parts: {
  store: Store
  clock: Clock
  random: Random
  /** The longest life of an access token: what ended earlier matters to nobody. */
  tokenLifetimeMs: number
  /** Answers those who wait, and lets nobody wait any more. */
  draining: AbortSignal
}): RevocationFeed {
  const { store, clock, random, draining } = parts
  const windowMs = parts.tokenLifetimeMs + overlapMs

  let epoch = ''
  /** What was seen, in the order in which it was; a cutoff has no session. */
  let log: (EndedSession | undefined)[] = []
  /** The number of the last entry. */
  let lastSeq = 0
  /** What the next look will meet again. */
  const seen = new Map<number, number>()
  let cutoffs: readonly Cutoff[] = []
  let lookedAt: number | undefined
  let looking: Promise<void> | undefined

  function beginAnew() {
    epoch = Buffer.from(random(6)).toString('base64url')
    log = []
    lastSeq = 0
    seen.clear()
  }

  function append(entry: EndedSession | undefined) {
    log.push(entry)
    lastSeq++
  }

  /** Everything that was committed before this was called is seen when it fulfils. */
  async function look() {
    const now = clock.now()
    const isLate = lookedAt === undefined || Math.abs(now - lookedAt) > lapseMs
    if (isLate) beginAnew()
    const since = (isLate ? now : (lookedAt ?? now)) - overlapMs
    for await (const page of pagesOf({ from: since, after_id: 0 })) {
      for (const ended of page) {
        if (seen.has(ended.id)) continue
        seen.set(ended.id, ended.ended_at)
        append(ended)
      }
    }
    const found = await store.listCutoffs()
    if (found.some(({ app_id, at }) => !cutoffs.some((c) => c.app_id === app_id && c.at === at))) {
      append(undefined)
    }
    cutoffs = found
    lookedAt = now
    for (const [id, ended_at] of seen) if (ended_at < since) seen.delete(id)
    if (log.length > 2 * logSize) log = log.slice(-logSize)
  }

  /** One look serves everybody who comes within a second. */
  async function lookOnceASecond() {
    if (lookedAt !== undefined && Math.abs(clock.now() - lookedAt) < pollMs) return
    await (looking ??= look().finally(() => (looking = undefined)))
  }

  async function* pagesOf({ from, after_id }: Pick<Cursor, 'from' | 'after_id'>) {
    let next = { since: from, after_id }
    for (;;) {
      const page = await store.listEndedSessions({ ...next, limit: pageSize })
      yield page
      const last = page.at(-1)
      if (!last || page.length < pageSize) return
      next = { since: last.ended_at, after_id: last.id }
    }
  }

  const isHere = (cursor: Cursor) =>
    cursor.epoch === epoch && cursor.seq <= lastSeq && cursor.seq >= lastSeq - log.length

  /** Where somebody stands who knows all that this node has seen. */
  const here = (at: number): Cursor => ({ from: at - overlapMs, after_id: 0, epoch, seq: lastSeq })

  function pageOf(revocations: readonly EndedSession[], cursor: Cursor): RevocationPage {
    const oldest = clock.now() - windowMs
    return {
      revocations,
      cutoffs: cutoffs.filter(({ at }) => at >= oldest),
      cursor: writeCursor(cursor),
    }
  }

  /**
   * For who comes from another node, or from nowhere: straight from the store. A page ends anywhere
   * in what lies longer ago than the overlap; what is younger comes whole, because more may be
   * committed in its midst.
   */
  async function catchUp(cursor: Cursor, at: number): Promise<Found> {
    const known = here(at)
    const oldest = clock.now() - windowMs
    const begin = cursor.from < oldest ? { from: oldest, after_id: 0 } : cursor
    const revocations: EndedSession[] = []
    for await (const page of pagesOf(begin)) {
      revocations.push(...page)
      const last = page.at(-1)
      if (page.length < pageSize || !last || last.ended_at >= known.from) continue
      const rest = { ...nowhere, from: last.ended_at, after_id: last.id }
      return { revocations, cursor: rest, hasNews: true }
    }
    const hasNews = revocations.length > 0 || cutoffs.some((cutoff) => cutoff.at >= begin.from)
    return { revocations, cursor: known, hasNews }
  }

  function readLog(cursor: Cursor, at: number): Found {
    const all = log.slice(log.length - (lastSeq - cursor.seq))
    const entries = all.slice(0, pageSize)
    const isWhole = entries.length === all.length
    return {
      revocations: entries.filter((entry) => entry !== undefined),
      cursor: isWhole ? here(at) : { ...cursor, seq: cursor.seq + pageSize },
      hasNews: all.length > 0,
    }
  }

  return {
    async read({ after, waitMs, signal }) {
      const begun = clock.now()
      const deadline = begun + waitMs
      const given = after === undefined ? beginning : readCursor(after)
      if (!given) return undefined
      let cursor: Cursor = given
      const ended = signal ? AbortSignal.any([signal, draining]) : draining
      await lookOnceASecond().catch(refuse)
      // A cursor of another node is told some of the last seconds again. Were it answered at once, who
      // meets another node at each request would ask without end.
      const isElsewhere = cursor.epoch !== nowhere.epoch && !isHere(cursor)
      const notBefore = isElsewhere ? begun + pollMs : begun
      const isBehind = cursor.epoch === nowhere.epoch

      for (;;) {
        const at = lookedAt ?? begun
        const found: Found = isHere(cursor)
          ? readLog(cursor, at)
          : await catchUp(cursor, at).catch(refuse)
        const now = clock.now()
        const mayTell = isBehind || (found.hasNews && now >= notBefore)
        if (mayTell || now >= deadline || ended.aborted) {
          if (now - at > staleMs) throw unavailable()
          return pageOf(found.revocations, found.cursor)
        }
        if (!found.hasNews) cursor = found.cursor
        await clock.sleep(Math.min(pollMs, deadline - now), ended)
        // What fails is told when it has been failing for long enough to matter.
        await lookOnceASecond().catch(() => {})
      }
    },
  }
}

const unavailable = (cause?: unknown) =>
  new KaimenError('unavailable', { retryAfterSeconds: 1, ...(cause !== undefined && { cause }) })

function refuse(cause: unknown): never {
  throw unavailable(cause)
}

/** Opaque to whoever keeps it. */
function writeCursor({ epoch, ...numbers }: Cursor): string {
  const { seq, from, after_id } = numbers
  return [epoch, ...[seq, from, after_id].map((each) => Math.max(0, each).toString(36))].join('.')
}

function readCursor(text: string): Cursor | undefined {
  const [, epoch, ...digits] =
    /^(-|[\w-]{8})\.([0-9a-z]{1,11})\.([0-9a-z]{1,11})\.([0-9a-z]{1,11})$/.exec(text) ?? []
  const [seq, from, after_id] = digits.map((each) => Number.parseInt(each, 36))
  if (epoch === undefined || seq === undefined) return undefined
  if (from === undefined || after_id === undefined) return undefined
  const isWhole = [seq, from, after_id].every(Number.isSafeInteger)
  return isWhole ? { epoch, seq, from, after_id } : undefined
}
