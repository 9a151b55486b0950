import { randomBytes } from 'node:crypto'
import type { AuthEvent, EphemeralStore, Store } from '@kaimen/server'
import { createMemoryEphemeralStore, createMemoryStore } from '@kaimen/server/store/memory'
import {
  createWebhooks,
  verifyWebhook,
  type WebhookEvent,
  type WebhooksOptions,
} from '@kaimen/server/webhooks'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { stampEvent } from '../../src/events.ts'
import { formatId } from '../../src/id.ts'
import { manualClock, type ManualClock } from '../support/manual-clock.ts'
import { openReceiver, type Receiver } from '../support/receiver.ts'

const secret = randomBytes(36).toString('base64')

type Opened = {
  receiver: Receiver
  clock: ManualClock
  store: Store
  ephemeral: EphemeralStore
  reports: string[]
  /** A process that delivers, from now on. */
  start(options?: Partial<WebhooksOptions>): Promise<{ close(): Promise<void> }>
  /** Writes so many events to the log. */
  happen(count: number): Promise<void>
  /** The batches that were received, as numbers in the order of `happen`. */
  batches(): number[][]
  /** Moves the clock as soon as whoever delivers sleeps. */
  pass(milliseconds: number): Promise<void>
}

async function open(): Promise<Opened> {
  const receiver = await openReceiver()
  const clock = manualClock()
  const store = createMemoryStore(clock)
  const ephemeral = createMemoryEphemeralStore(clock)
  const reports: string[] = []
  let happened = 0
  return {
    receiver,
    clock,
    store,
    ephemeral,
    reports,
    async start(options = {}) {
      const webhooks = createWebhooks({
        url: receiver.url,
        secret,
        clock,
        report: (message) => void reports.push(message),
        ...options,
      })
      onTestFinished(() => webhooks.close())
      await webhooks.deliver({ store, ephemeral })
      return webhooks
    },
    async happen(count) {
      for (let i = 0; i < count; i++) {
        const told: AuthEvent = { kind: 'data_exported', user_id: formatId('usr', ++happened) }
        await store.addEvent(stampEvent({ store, clock }, told))
      }
    },
    batches: () =>
      receiver.received.map((received) =>
        eventsOf(received, clock).map(({ user_id }) => Number.parseInt(user_id.slice(4), 32)),
      ),
    async pass(milliseconds) {
      await vi.waitFor(() => {
        expect(clock.sleeping()).not.toEqual([])
        // A batch is under way as long as its timeout runs.
        expect(clock.sleeping()).not.toContain(10_000)
      })
      clock.advance(milliseconds)
    },
  }
}

function eventsOf(received: Receiver['received'][number], clock: ManualClock) {
  const webhook = verifyWebhook({ secret, ...received, nowMs: clock.now() })
  if (webhook.type !== 'events') throw new Error(`not events but ${webhook.type}`)
  return webhook.data.filter(
    (event): event is WebhookEvent & { kind: 'data_exported' } => event.kind === 'data_exported',
  )
}

/** Numbers from one to another. */
const from = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

/** Passes over the time in which events settle, by the steps in which the log is looked at. */
async function settle({ pass }: Opened) {
  for (let i = 0; i < 2; i++) await pass(1000)
}

describe('events', () => {
  it('are told as on would be, with an id and a time', async () => {
    const opened = await open()
    const { receiver, clock, store, start } = opened
    await start()
    const told: AuthEvent = {
      kind: 'signed_in',
      user_id: formatId('usr', 7),
      session_id: formatId('ses', 8),
      app_id: 'wx1',
      by: 'wechat',
      decision: 'create',
    }
    const stamped = stampEvent({ store, clock }, told)
    await store.addEvent(stamped)
    await settle(opened)
    await receiver.wait(1)
    const body: unknown = JSON.parse(receiver.received[0]?.body ?? '')
    const at = new Date(stamped.at).toISOString()
    expect(body).toMatchObject({
      type: 'events',
      data: [{ ...told, id: formatId('evt', stamped.id), at }],
    })
  })

  it('of before the first start are not told', async () => {
    const opened = await open()
    await opened.happen(2)
    await opened.start()
    await opened.happen(1)
    await settle(opened)
    await opened.receiver.wait(1)
    expect(opened.batches()).toEqual([[3]])
  })

  it('are told in batches of a hundred at most, in order', async () => {
    const opened = await open()
    await opened.start()
    await opened.happen(250)
    await settle(opened)
    await opened.receiver.wait(3)
    expect(opened.batches()).toEqual([from(1, 100), from(101, 200), from(201, 250)])
  })

  it('wait for two seconds, in which a lower number may still come', async () => {
    const opened = await open()
    const { clock, happen, pass, receiver, start, batches } = opened
    await start()
    await happen(1)
    await pass(1999)
    await vi.waitFor(() => expect(clock.sleeping()).toEqual([1000]))
    expect(receiver.received).toEqual([])
    await happen(1)
    await pass(1000)
    await receiver.wait(1)
    expect(batches()).toEqual([[1]])
    await pass(1000)
    await receiver.wait(2)
    expect(batches()).toEqual([[1], [2]])
  })

  it('that were not taken are tried again from 1 s to 5 min apart, and what follows waits', async () => {
    const opened = await open()
    const { receiver, clock, happen, pass, reports, start, batches } = opened
    await start({ random: (size) => new Uint8Array(size) })
    receiver.answer = (reply) => void reply.writeHead(500).end()
    await happen(1)
    await settle(opened)
    const waits: (number | undefined)[] = []
    for (let tries = 1; tries <= 11; tries++) {
      await receiver.wait(tries)
      await vi.waitFor(() => expect(reports).toHaveLength(tries))
      await vi.waitFor(() => expect(clock.sleeping()).toHaveLength(1))
      waits.push(clock.sleeping()[0])
      if (tries === 3) await happen(2)
      if (tries < 11) await pass(clock.sleeping()[0] ?? 0)
    }
    const seconds = [1, 2, 4, 8, 16, 32, 64, 128, 150, 150, 150]
    expect(waits).toEqual(seconds.map((each) => each * 1000))
    // Each sooner than it can be verified later: only the order is looked at.
    receiver.received.length = 0
    receiver.answer = (reply) => void reply.writeHead(204).end()
    await pass(150_000)
    await receiver.wait(1)
    expect(batches()).toEqual([[1, 2, 3]])
    await vi.waitFor(() => expect(clock.sleeping()).toEqual([1000]))
    expect(reports[0]).toMatch(/Events are not delivered.*the next try is in 1 s/)
  })

  it('come apart by chance where several were refused together', async () => {
    const opened = await open()
    await opened.start({ random: (size) => new Uint8Array(size).fill(255) })
    opened.receiver.answer = (reply) => void reply.writeHead(503).end()
    await opened.happen(1)
    await settle(opened)
    await vi.waitFor(() => expect(opened.reports).toHaveLength(1))
    await vi.waitFor(() => expect(opened.clock.sleeping()).toHaveLength(1))
    expect(Math.round(opened.clock.sleeping()[0] ?? 0)).toBe(2000)
  })

  it('are tried again where the answer is a redirect or takes 10 s', async () => {
    const opened = await open()
    const { receiver, clock, happen, reports, start } = opened
    await start()
    receiver.answer = (reply) => void reply.writeHead(302, { location: '/' }).end()
    await happen(1)
    await settle(opened)
    await vi.waitFor(() => expect(reports).toHaveLength(1))
    receiver.answer = () => {}
    await opened.pass(2000)
    await receiver.wait(2)
    expect(clock.sleeping()).toEqual([10_000])
    clock.advance(10_000)
    await vi.waitFor(() => expect(reports).toHaveLength(2))
  })

  it('go on after a restart where they stopped, and what happened meanwhile is told', async () => {
    const opened = await open()
    const first = await opened.start()
    await opened.happen(1)
    await settle(opened)
    await opened.receiver.wait(1)
    await first.close()
    await opened.happen(2)
    await opened.start()
    await settle(opened)
    await opened.receiver.wait(2)
    expect(opened.batches()).toEqual([[1], [2, 3]])
  })

  it('are posted by one of several processes at a time', async () => {
    const opened = await open()
    const { receiver, happen, start, batches, clock } = opened
    await Promise.all([start(), start(), start()])
    let waiting = 0
    let most = 0
    receiver.answer = (reply) => {
      most = Math.max(most, ++waiting)
      setTimeout(() => {
        waiting--
        reply.writeHead(204).end()
      }, 30)
    }
    await happen(150)
    clock.advance(3000)
    await receiver.wait(2)
    await vi.waitFor(() => expect(waiting).toBe(0))
    expect(most).toBe(1)
    expect(batches()).toEqual([from(1, 100), from(101, 150)])
  })

  it('are left by a process that hangs to another, once its lease is over', async () => {
    const opened = await open()
    const { ephemeral, happen, pass, receiver, start, batches } = opened
    await ephemeral.add('webhooks/lease', 'one that was killed', 30_000)
    await start()
    await happen(1)
    await settle(opened)
    await pass(27_000)
    await vi.waitFor(() => expect(opened.clock.sleeping()).toEqual([1000]))
    expect(receiver.received).toEqual([])
    await pass(1000)
    await receiver.wait(1)
    expect(batches()).toEqual([[1]])
  })

  it('end at close, after the batch under way', async () => {
    const opened = await open()
    const { receiver, happen, start, store } = opened
    const delivering = await start()
    const held: (() => void)[] = []
    receiver.answer = (reply) => void held.push(() => reply.writeHead(204).end())
    await happen(150)
    await settle(opened)
    await receiver.wait(1)
    const closed = delivering.close()
    held[0]?.()
    await closed
    await happen(1)
    opened.clock.advance(60_000)
    expect(receiver.received).toHaveLength(1)
    const hundredth = (await store.listEvents({ limit: 100 })).at(-1)
    expect(await store.readCursor('webhooks')).toBe(hundredth?.id)
    expect(await opened.ephemeral.get('webhooks/lease')).toBeUndefined()
  })
})
