import { setTimeout } from 'node:timers/promises'
import type { Store, StoredSession } from '@kaimen/server'
import { createMemoryStore } from '@kaimen/server/store/memory'
import { createSqlStore, type Connection, type Database } from '@kaimen/server/store/sql'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { dayMs, endsAll, event, signIn, start } from '../../src/store/suite/builders.ts'
import { testClock } from '../support/clock.ts'
import { chances, lacksServer, openTwoNodes, run, type TwoNodes } from '../support/databases.ts'
import { pauseBefore } from '../support/pausing.ts'

const now_ms = start + 10
const rotation = { generation: 0, now_ms, idle_expires_at: start + dayMs }

for (const isolation of ['read committed', 'serializable'])
  describe.skipIf(lacksServer.postgres)(`refreshes at the same time, ${isolation}`, () => {
    let nodes: TwoNodes
    let store: Store
    let a: Database
    let b: Database
    let c: Database
    beforeAll(async () => {
      nodes = await openTwoNodes('postgres')
      await run(nodes.a, asDefault(isolation))
      ;[a, b, c] = [nodes.open(), nodes.open(), nodes.open()]
    })
    afterAll(() => nodes.close())
    beforeEach(async () => {
      await nodes.empty()
      store = createSqlStore(a, testClock(), chances.a)
    })

    const signInMany = (count: number) =>
      Promise.all(
        Array.from({ length: count }, (_, n) => signIn(store, { wechat: { openid: `${n}` } })),
      )

    it('are one statement, which says of each what it left', async () => {
      const people = await signInMany(20)
      const { database, texts } = counting(b)
      const counted = createSqlStore(database, testClock(), chances.b)
      const rotated = await Promise.all(
        people.map(({ session_id: id }, n) =>
          counted.rotateSession({
            ...rotation,
            id,
            now_ms: now_ms + n,
            app_id: n % 2 ? 'app' : undefined,
          }),
        ),
      )
      expect(texts).toHaveLength(1)
      for (const [n, { session_id, user_id }] of people.entries()) {
        expect(rotated[n]).toMatchObject({
          id: session_id,
          user_id,
          generation: 1,
          rotated_at: now_ms + n,
        })
        expect((await store.findSession(session_id))?.session).toEqual(rotated[n])
      }
    })

    it('[SE-8] who holds sessions keeps nobody else waiting, and ends them', async () => {
      const [holder, ...free] = await signInMany(5)
      const { user_id = 0, session_id = 0 } = holder ?? {}
      const held = [session_id]
      for (const _ of [1, 2, 3]) {
        const again = { user_id, identity: 'known', wechat: { openid: '0' } } as const
        held.push((await signIn(store, again)).session_id)
      }
      const { database, reached, goOn } = pauseBefore(b, 'insert into events')
      const ending = createSqlStore(database, testClock(), chances.b).endOtherSessions({
        user_id,
        keep_id: 0,
        ...endsAll,
        event: event(store, { user_id }),
      })
      await reached
      const waiting: Promise<unknown>[] = []
      for (const id of held) {
        waiting.push(store.rotateSession({ ...rotation, id }))
        await setTimeout(5)
      }
      const others = free.map((each) => store.rotateSession({ ...rotation, id: each.session_id }))
      for (const other of await Promise.all(others)) expect(other).toMatchObject({ generation: 1 })
      goOn()
      expect(await ending).toBe(4)
      expect(await Promise.all(waiting)).toEqual(held.map(() => 'not_rotated'))
      for (const id of held) {
        expect((await store.findSession(id))?.session.generation).toBe(0)
      }
    })

    it('[RT-3] of several nodes that refresh the same sessions in any order one does, each time', async () => {
      const people = await signInMany(30)
      const stores = [store, ...[b, c].map((node) => createSqlStore(node, testClock(), chances.b))]
      for (let generation = 0; generation < 8; generation++) {
        const outcomes = await Promise.all(
          stores.flatMap((each, n) =>
            turned(people, n * 11).map(async ({ session_id: id }) => ({
              id,
              outcome: await each.rotateSession({ ...rotation, id, generation }),
            })),
          ),
        )
        const winners = outcomes.filter(({ outcome }) => outcome !== 'not_rotated')
        expect(winners).toHaveLength(people.length)
        expect(new Set(winners.map(({ id }) => id)).size).toBe(people.length)
      }
    })

    it('[SE-8] revive none of the sessions that another node ends at the same time', async () => {
      const { user_id } = await signIn(store)
      const others = await Promise.all(
        Array.from({ length: 40 }, () => signIn(store, { user_id, identity: 'known' })),
      )
      const node = createSqlStore(b, testClock(), chances.b)
      const [ended] = await Promise.all([
        node.endOtherSessions({ user_id, keep_id: 0, ...endsAll }),
        ...others
          .toReversed()
          .map(({ session_id: id }) => store.rotateSession({ ...rotation, id })),
      ])
      expect(ended).toBe(41)
      expect(await node.listSessions({ user_id, now_ms })).toEqual([])
      for (const { session_id: id } of others) {
        expect(await store.rotateSession({ ...rotation, id, generation: 1 })).toBe('not_rotated')
      }
    })

    it('[SE-8] come to what each would have come to alone, whatever the sessions are', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(person, { minLength: 2, maxLength: 12 }),
          cutoffs,
          async (people, cuts) => {
            await nodes.empty()
            const model = createMemoryStore(testClock())
            const { texts, database } = counting(b)
            const real = createSqlStore(database, testClock(), chances.a)
            const acts = await arrange(real, people, cuts)
            const modelActs = await arrange(model, people, cuts)
            texts.length = 0
            const found = await Promise.all(acts.map((act) => real.rotateSession(act)))
            expect(texts[0]).toMatch(/unnest/)
            const expected: (StoredSession | 'not_rotated')[] = []
            for (const act of modelActs) expected.push(await model.rotateSession(act))
            expect(found.map(shape)).toEqual(expected.map(shape))
            const seen = await Promise.all(acts.map(({ id }) => real.findSession(id)))
            const modelSeen = await Promise.all(modelActs.map(({ id }) => model.findSession(id)))
            expect(seen.map((each) => each && shape(each.session))).toEqual(
              modelSeen.map((each) => each && shape(each.session)),
            )
          },
        ),
        { numRuns: 40 },
      )
    }, 120_000)

    it('[SE-8] refresh no session of a user who is not active, ended or not', async () => {
      const people = await signInMany(6)
      await run(a, `update users set status = 'disabled' where id = ${people[2]?.user_id}`)
      const rotated = await Promise.all(
        people.map(({ session_id: id }) => store.rotateSession({ ...rotation, id })),
      )
      expect(rotated.map(shape).indexOf('not_rotated')).toBe(2)
      expect(rotated.filter((outcome) => outcome !== 'not_rotated')).toHaveLength(5)
    })

    it('reads at the same time are one statement, and each finds its own', async () => {
      const people = await signInMany(6)
      const { database, texts } = counting(b)
      const counted = createSqlStore(database, testClock(), chances.b)
      const ids = [...people.map(({ session_id }) => session_id), 12345]
      const found = await Promise.all(ids.map((id) => counted.findSession(id)))
      expect(texts).toHaveLength(1)
      expect(found.map((each) => each?.user.id)).toEqual([
        ...people.map(({ user_id }) => user_id),
        undefined,
      ])
      const keys = [...people.map((_, n) => ['app', `${n}`]), ['app', 'nobody'], ['other', '1']]
      const users = await Promise.all(
        keys.map(([app_id = '', openid = '']) =>
          counted.findUsers({
            app_id,
            wechat: { app_id, openid, open_platform: null, unionid: null },
            phone: null,
          }),
        ),
      )
      expect(texts).toHaveLength(2)
      expect(users.map(({ byOpenid }) => byOpenid?.id)).toEqual([
        ...people.map(({ user_id }) => user_id),
        undefined,
        undefined,
      ])
      expect(users[0]?.byOpenid).toEqual(await store.findUser(people[0]?.user_id ?? 0))
    })
  })

/** One with a session, and what they send to refresh it. */
const person = fc.record({
  app_id: fc.constantFrom('app', 'other'),
  status: fc.constantFrom('active', 'active', 'disabled', 'ended'),
  created: fc.integer({ min: 0, max: 6 }),
  idle: fc.integer({ min: 6, max: 14 }),
  expires: fc.integer({ min: 6, max: 14 }),
  generation: fc.constantFrom(0, 0, 0, 1, -1),
  now: fc.integer({ min: 5, max: 12 }),
  asksFor: fc.constantFrom('app', 'other', undefined),
})
type Person = typeof person extends fc.Arbitrary<infer Value> ? Value : never

const cutoffs = fc.array(
  fc.record({ app_id: fc.constantFrom('app', 'other', null), at: fc.integer({ min: 0, max: 6 }) }),
  { maxLength: 2 },
)
type Cutoffs = typeof cutoffs extends fc.Arbitrary<infer Value> ? Value : never

async function arrange(store: Store, people: readonly Person[], cuts: Cutoffs) {
  const acts: Parameters<Store['rotateSession']>[0][] = []
  for (const [n, each] of people.entries()) {
    const { user_id, session_id: id } = await signIn(store, {
      wechat: { app_id: each.app_id, openid: `${n}` },
      now_ms: start + each.created,
      session: { idle_expires_at: start + each.idle, expires_at: start + each.expires },
    })
    if (each.status === 'ended') await store.endSession({ id, ...endsAll })
    if (each.status === 'disabled') {
      await store.setUserStatus({ id: user_id, status: 'disabled', now_ms })
    }
    const { generation, asksFor: app_id } = each
    acts.push({
      id,
      generation,
      now_ms: start + each.now,
      idle_expires_at: start + each.now + 4,
      app_id,
    })
  }
  for (const { app_id, at } of cuts) await store.addCutoff({ app_id, at: start + at })
  return acts
}

const shape = (outcome: StoredSession | 'not_rotated') => {
  if (outcome === 'not_rotated') return outcome
  const { id: _, user_id: __, ...rest } = outcome
  return rest
}

/** A database that notes the texts it is asked. */
function counting(database: Database) {
  const texts: string[] = []
  const noting = (on: Connection): Connection => ({
    executeQuery(query) {
      texts.push(query.sql)
      return on.executeQuery(query)
    },
  })
  return {
    texts,
    database: { ...database, alone: noting(database.alone), reader: noting(database.reader) },
  }
}

/** Of the statements that are a transaction of their own, on connections made from now on. */
const asDefault = (isolation: string) => `do $$ begin execute format(
  'alter database %I set default_transaction_isolation = %L', current_database(), '${isolation}'
); end $$`

function turned<Item>(items: readonly Item[], by: number): Item[] {
  return [...items.slice(by), ...items.slice(0, by)]
}
