import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Store } from '@kaimen/server'
import { createMemoryStore } from '@kaimen/server/store/memory'
import { createSqlStore, openSqlite } from '@kaimen/server/store/sql'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openRevocationFeed, overlapMs, pollMs } from '../src/session/revocation-feed.ts'
import { systemRandom } from '../src/random.ts'
import { signIn } from '../src/store/suite/builders.ts'
import { manualClock, type ManualClock } from './support/manual-clock.ts'

const tokenLifetimeMs = 900_000

const sorted = (ids: Iterable<number>) => [...ids].sort((a, b) => a - b)

const stores: Record<
  string,
  (clock: ManualClock) => Promise<{ store: Store; close(): Promise<void> }>
> = {
  memory(clock) {
    const store = createMemoryStore(clock)
    return Promise.resolve({ store, close: () => store.close() })
  },
  async sqlite(clock) {
    const folder = await mkdtemp(join(tmpdir(), 'kaimen-feed-'))
    const store = createSqlStore(openSqlite(join(folder, 'kaimen.db')), clock)
    await store.migrate()
    return {
      store,
      async close() {
        await store.close()
        await rm(folder, { recursive: true })
      },
    }
  },
}

describe.each(Object.entries(stores))('the revocation feed, on %s', (_, open) => {
  let clock: ManualClock
  let store: Store
  let close: () => Promise<void>
  let people: number
  beforeEach(async () => {
    clock = manualClock()
    ;({ store, close } = await open(clock))
    people = 0
  })
  afterEach(async () => {
    vi.restoreAllMocks()
    await close()
  })

  const openNode = (draining = new AbortController().signal) =>
    openRevocationFeed({ store, clock, random: systemRandom, tokenLifetimeMs, draining })
  type Node = ReturnType<typeof openNode>

  const someone = async (app_id = 'app') =>
    (await signIn(store, { app_id, wechat: { app_id, openid: `openid ${++people}` } })).session_id

  /** @param lateMs For how long the commit comes after the instant that it carries. */
  async function endOne(lateMs = 0) {
    const id = await someone()
    await store.endSession({ id, now_ms: clock.now() - lateMs, reason: 'signed_out' })
    return id
  }
  async function endMany(count: number) {
    const ids: number[] = []
    for (let i = 0; i < count; i++) ids.push(await endOne())
    return ids
  }

  /** Lets time pass, in steps in which whoever wakes may act, until the reply is there. */
  async function passUntil<T>(reply: Promise<T>, stepMs = 250): Promise<T> {
    const state = { isDone: false }
    void reply.finally(() => (state.isDone = true)).catch(() => {})
    for (let step = 0; !state.isDone && step < 1000; step++) {
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
      if (!state.isDone) clock.advance(stepMs)
    }
    return reply
  }
  async function read(node: Node, after?: string, waitMs = 25_000) {
    const begun = clock.now()
    const page = await passUntil(node.read({ after, waitMs }))
    if (!page) throw new Error('the cursor was refused')
    return {
      ids: page.revocations.map(({ id }) => id),
      cutoffs: page.cutoffs,
      cursor: page.cursor,
      tookMs: clock.now() - begun,
    }
  }

  it('begins with what ended within the life of an access token, and nothing older', async () => {
    await endOne()
    clock.advance(tokenLifetimeMs + overlapMs + 1)
    const young = await endOne()
    clock.advance(tokenLifetimeMs - 1)
    const { ids, tookMs } = await read(openNode())
    expect([ids, tookMs]).toEqual([[young], 0])
  })

  it('begins at once where nothing has ended', async () => {
    const { ids, cutoffs, tookMs } = await read(openNode())
    expect([ids, cutoffs, tookMs]).toEqual([[], [], 0])
  })

  it('tells each end once to who stays on one node', async () => {
    const node = openNode()
    let { cursor } = await read(node)
    for (let round = 0; round < 5; round++) {
      const ended = await endMany(3)
      const page = await read(node, cursor)
      expect(page.ids).toEqual(ended)
      expect(page.tookMs).toBeLessThanOrEqual(pollMs)
      cursor = page.cursor
    }
    expect((await read(node, cursor)).ids).toEqual([])
  })

  it('waits for news as long as it is told to, and no longer', async () => {
    const node = openNode()
    const { cursor } = await read(node)
    expect((await read(node, cursor, 25_000)).tookMs).toBe(25_000)
    expect((await read(node, cursor, 3_000)).tookMs).toBe(3_000)
    expect((await read(node, cursor, 0)).tookMs).toBe(0)
  })

  it('[SE-5] answers who waits within two seconds of an end', async () => {
    const node = openNode()
    const { cursor } = await read(node)
    const waiting = node.read({ after: cursor, waitMs: 25_000 })
    await passUntil(Promise.race([waiting, clock.sleep(7_300)]))
    const id = await endOne()
    const ended = clock.now()
    const page = await passUntil(waiting)
    expect(page?.revocations.map((each) => each.id)).toEqual([id])
    expect(clock.now() - ended).toBeLessThanOrEqual(2 * pollMs)
  })

  it('tells an end whose instant is old when it is committed, up to the overlap', async () => {
    const node = openNode()
    let { cursor } = await read(node)
    for (const lateMs of [1, 5_000, overlapMs - pollMs]) {
      const { cursor: next } = await read(node, cursor, 2 * pollMs)
      const id = await endOne(lateMs)
      const page = await read(node, next)
      expect(page.ids).toEqual([id])
      cursor = page.cursor
    }
  })

  it('looks into the store once a second while somebody waits, however many', async () => {
    const node = openNode()
    const { cursor } = await read(node)
    const list = vi.spyOn(store, 'listEndedSessions')
    const waiting: Promise<unknown>[] = []
    // Out of step with each other.
    for (let i = 0; i < 50; i++) {
      waiting.push(node.read({ after: cursor, waitMs: 10_000 - i * 17 }))
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
      clock.advance(17)
    }
    await passUntil(Promise.all(waiting), 17)
    expect(list.mock.calls.length).toBeLessThanOrEqual(11)
    expect(list.mock.calls.length).toBeGreaterThan(8)
    list.mockClear()
    clock.advance(60_000)
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    expect(list).not.toHaveBeenCalled()
  })

  it('takes the cursor of another node, and of one that was restarted, and loses nothing', async () => {
    const [a, b] = [openNode(), openNode()]
    let { cursor } = await read(a)
    const told = new Set<number>()
    const all: number[] = []
    for (let round = 0; round < 20; round++) {
      all.push(...(await endMany(round % 3)), ...(round % 4 ? [] : [await endOne(9_000)]))
      const node = [a, b, openNode()][round % 3] ?? a
      const page = await read(node, cursor, 5_000)
      for (const id of page.ids) told.add(id)
      cursor = page.cursor
    }
    // What ended after the last page began.
    for (const id of (await read(a, cursor, 5_000)).ids) told.add(id)
    expect(sorted(told)).toEqual(sorted(all))
  })

  it('sends who meets another node each time into no loop: a repeat is told once a second', async () => {
    const nodes = [openNode(), openNode()] as const
    let { cursor } = await read(nodes[0])
    const id = await endOne()
    const begun = clock.now()
    let replies = 0
    let repeats = 0
    while (clock.now() - begun < 120_000) {
      const page = await read(nodes[++replies % 2 ? 1 : 0], cursor)
      if (page.ids.includes(id)) repeats++
      cursor = page.cursor
    }
    // While it is young it may be repeated; then who asks waits for the whole time again.
    expect(repeats).toBeGreaterThan(0)
    expect(repeats).toBeLessThanOrEqual(overlapMs / pollMs + 2)
    expect(replies - repeats).toBeLessThanOrEqual(120 / 25 + 2)
  })

  it('[SE-5] reaches who meets another node each time within three seconds', async () => {
    const nodes = [openNode(), openNode()] as const
    let { cursor } = await read(nodes[0])
    for (let round = 0; round < 10; round++) {
      const id = await endOne()
      const ended = clock.now()
      for (let isTold = false; !isTold;) {
        const page = await read(nodes[round % 2 ? 0 : 1], cursor)
        cursor = page.cursor
        isTold = page.ids.includes(id)
      }
      expect(clock.now() - ended).toBeLessThanOrEqual(3 * pollMs)
    }
  })

  it('comes in pages, at once one after the other, also where each is of another node', async () => {
    const all = await endMany(1500)
    clock.advance(60_000)
    const [a, b] = [openNode(), openNode()]
    const told: number[] = []
    let cursor: string | undefined
    for (const node of [a, b, a, b]) {
      if (told.length >= all.length) break
      const page = await read(node, cursor)
      expect(page.ids.length).toBeLessThanOrEqual(1000)
      expect(page.tookMs).toBe(0)
      told.push(...page.ids)
      cursor = page.cursor
    }
    expect(sorted(told)).toEqual(sorted(all))
  })

  it('comes whole in what is younger than the overlap: more may be committed in its midst', async () => {
    const old = await endMany(1000)
    clock.advance(60_000)
    const young = await endMany(1100)
    const first = await read(openNode())
    expect(first.ids).toEqual(old)
    // Committed late, and lies before what the next page ends with.
    const late = await endOne(1)
    const second = await read(openNode(), first.cursor)
    expect(sorted(second.ids)).toEqual(sorted([...young, late]))
    const later = await endOne(1)
    expect((await read(openNode(), second.cursor)).ids).toContain(later)
  })

  it('comes in pages to who stays on one node, too', async () => {
    const node = openNode()
    let { cursor } = await read(node)
    const all = await endMany(1500)
    const told: number[] = []
    while (told.length < all.length) {
      const page = await read(node, cursor)
      expect(page.ids.length).toBeLessThanOrEqual(1000)
      told.push(...page.ids)
      cursor = page.cursor
    }
    expect(sorted(told)).toEqual(sorted(all))
  })

  it('takes who was away for long from where tokens still live', async () => {
    const node = openNode()
    const { cursor } = await read(node)
    const old = await endOne()
    clock.advance(10 * tokenLifetimeMs)
    const young = await endOne()
    const { ids } = await read(node, cursor)
    expect(ids).toEqual([young])
    expect(ids).not.toContain(old)
  })

  it('takes a cursor from a future, as of a node whose clock is ahead, and loses nothing', async () => {
    const ahead = openNode()
    clock.advance(8_000)
    const { cursor } = await read(ahead)
    clock.advance(-8_000)
    const id = await endOne()
    expect((await read(openNode(), cursor)).ids).toEqual([id])
  })

  it.each(['', '-', 'nonsense', '-.0.0', '-.0.0.0.0', '-.0.0.-1', 'a.b.c.d', '-.0.zzzzzzzzzzz.0'])(
    'refuses %j, which it did not write',
    async (after) => {
      expect(await openNode().read({ after, waitMs: 0 })).toBeUndefined()
    },
  )

  it('tells a cutoff at once, to who is told for the first time too, as long as it matters', async () => {
    const node = openNode()
    const { cursor } = await read(node)
    const at = clock.now() + 1000
    await store.addCutoff({ app_id: 'app', at })
    const page = await read(node, cursor)
    expect(page).toMatchObject({ ids: [], cutoffs: [{ app_id: 'app', at }] })
    expect(page.tookMs).toBeLessThanOrEqual(pollMs)
    const later = await read(node, page.cursor, 5_000)
    expect(later).toMatchObject({ ids: [], cutoffs: [{ app_id: 'app', at }], tookMs: 5_000 })
    expect((await read(openNode())).cutoffs).toEqual([{ app_id: 'app', at }])
    const elsewhere = await read(openNode(), cursor)
    expect(elsewhere.cutoffs).toEqual([{ app_id: 'app', at }])
    expect(elsewhere.tookMs).toBeLessThanOrEqual(2 * pollMs)
    await store.addCutoff({ app_id: null, at: at + 20_000 })
    clock.advance(20_000)
    expect((await read(node, later.cursor)).cutoffs).toHaveLength(2)
    clock.advance(tokenLifetimeMs + overlapMs)
    expect((await read(openNode())).cutoffs).toEqual([])
  })

  it('is unavailable while the store does not answer, and goes on where it was', async () => {
    const node = openNode()
    const { cursor } = await read(node)
    const list = vi.spyOn(store, 'listEndedSessions').mockRejectedValue(new Error('away'))
    clock.advance(pollMs)
    await expect(read(node, cursor)).rejects.toMatchObject({ code: 'unavailable' })
    await expect(read(openNode())).rejects.toMatchObject({ code: 'unavailable' })
    list.mockRestore()
    const id = await endOne()
    expect((await read(node, cursor)).ids).toEqual([id])
  })

  it('does not pretend that nothing ended, where the store went away in the midst of a wait', async () => {
    const node = openNode()
    const { cursor } = await read(node)
    const waiting = node.read({ after: cursor, waitMs: 25_000 })
    await passUntil(Promise.race([waiting, clock.sleep(3_000)]))
    vi.spyOn(store, 'listEndedSessions').mockRejectedValue(new Error('away'))
    await expect(passUntil(waiting)).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('outlives a store that was away for a moment', async () => {
    const node = openNode()
    const { cursor } = await read(node)
    const waiting = node.read({ after: cursor, waitMs: 25_000 })
    await passUntil(Promise.race([waiting, clock.sleep(3_000)]))
    const id = await endOne()
    vi.spyOn(store, 'listEndedSessions').mockRejectedValueOnce(new Error('away'))
    const page = await passUntil(waiting)
    expect(page?.revocations.map((each) => each.id)).toEqual([id])
  })

  it('[OP-2] answers everybody when the server drains, and lets nobody wait any more', async () => {
    const draining = new AbortController()
    const node = openNode(draining.signal)
    const { cursor } = await read(node)
    const waiting = node.read({ after: cursor, waitMs: 25_000 })
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    draining.abort()
    const page = await waiting
    expect(page?.revocations).toEqual([])
    expect((await node.read({ after: page?.cursor, waitMs: 25_000 }))?.revocations).toEqual([])
    expect(clock.sleeping()).toEqual([])
  })

  it('stops waiting for who has gone', async () => {
    const node = openNode()
    const { cursor } = await read(node)
    const gone = new AbortController()
    const waiting = node.read({ after: cursor, waitMs: 25_000, signal: gone.signal })
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    gone.abort()
    await waiting
    expect(clock.sleeping()).toEqual([])
  })
})
