import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '@kaimen/server'
import { createMemoryStore } from '@kaimen/server/store/memory'
import { createSqlStore, openSqlite } from '@kaimen/server/store/sql'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dayMs } from '../../src/clock.ts'
import { testClock } from '../support/clock.ts'
import {
  chances,
  lacksServer,
  openTwoNodes,
  type ServerKind,
  type TwoNodes,
} from '../support/databases.ts'
import {
  apply,
  apps,
  byClaim,
  byOpenid,
  byPhone,
  byUnionid,
  emptyModel,
  named,
  openids,
  phones,
  reconsiderMs,
  undoMs,
  unionids,
  type Model,
  type ModelUser,
  type Step,
} from './account-model.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaimen-history-'))
})
afterAll(() => rm(folder, { recursive: true }))

type Opened = { store: Store; clock: ReturnType<typeof testClock> }

let files = 0
const servers = new Map<ServerKind, Promise<TwoNodes>>()
afterAll(async () => {
  for (const nodes of servers.values()) await (await nodes).close()
})

async function openOnServer(kind: ServerKind): Promise<Opened> {
  const opened = servers.get(kind) ?? openTwoNodes(kind)
  servers.set(kind, opened)
  const { a, empty } = await opened
  await empty()
  const clock = testClock()
  const store = createSqlStore(a, clock, chances.a)
  // The next history has the same database.
  return { store: { ...store, close: () => Promise.resolve() }, clock }
}

const stores = {
  postgres: () => openOnServer('postgres'),
  mysql: () => openOnServer('mysql'),
  memory() {
    const clock = testClock()
    return Promise.resolve({ store: createMemoryStore(clock, chances.a), clock })
  },
  async sqlite() {
    const clock = testClock()
    const store = createSqlStore(openSqlite(join(folder, `${files++}.db`)), clock, chances.a)
    await store.migrate()
    return { store, clock }
  },
} satisfies Record<string, () => Promise<Opened>>

/** Comes to a user, or to nobody; see {@link aim}. */
const name = fc.noBias(fc.nat({ max: 59 }))
const app = fc.constantFrom(...apps)
const openid = fc.constantFrom(...openids)
const unionid = fc.option(fc.constantFrom(...unionids))
const phone = fc.constantFrom(...phones)

type Drawn = Step & { aimed?: boolean }

const signIn: fc.Arbitrary<Drawn> = fc.record({
  verb: fc.constant('signIn' as const),
  user: fc.constantFrom('make', 'restore', 'known'),
  name,
  app,
  openid: fc.option(openid, { freq: 5, nil: null }),
  isKnown: fc.boolean(),
  unionid,
  claimsUnionid: fc.boolean(),
  phone: fc.option(phone, { freq: 1, nil: null }),
  unverified: fc.option(phone, { freq: 1, nil: null }),
  conflict: fc.constant(null),
  aimed: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
})

const rest: fc.Arbitrary<Drawn> = fc.oneof(
  fc.record({ verb: fc.constant('link' as const), name, app, openid, unionid }),
  fc.record({ verb: fc.constant('unlink' as const), name, app }),
  fc.record({ verb: fc.constant('changePhone' as const), name, phone }),
  fc.record({
    verb: fc.constant('setPassword' as const),
    name,
    password: fc.constantFrom('one', 'two'),
  }),
  fc.record({ verb: fc.constant('rename' as const), name, nickname: fc.constantFrom('a', 'b') }),
  fc.record({
    verb: fc.constant('withdraw' as const),
    name,
    nickname: fc.boolean(),
    phone: fc.boolean(),
  }),
  fc.record({ verb: fc.constantFrom('disable', 'enable'), name }),
  fc.record({ verb: fc.constantFrom('delete', 'restore'), name }),
  fc.record({ verb: fc.constantFrom('delete', 'erase'), name }),
  fc.record({ verb: fc.constant('erase' as const), name }),
  fc.record({ verb: fc.constant('merge' as const), from: name, into: name }),
  fc.record({ verb: fc.constant('merge' as const), from: name, into: name }),
  fc.record({ verb: fc.constant('undo' as const), merge: fc.noBias(fc.nat({ max: 9 })) }),
  fc.record({ verb: fc.constant('wait' as const), days: fc.constantFrom(1, 8, 15, 16) }),
)

const any = fc.oneof({ arbitrary: signIn, weight: 1 }, { arbitrary: rest, weight: 3 })
const history = fc
  .tuple(
    fc.array(signIn, { minLength: 3, maxLength: 6 }),
    fc.array(any, { minLength: 15, maxLength: 34, size: 'max' }),
  )
  .map((parts): readonly Drawn[] => parts.flat())

/**
 * Makes most names those of users for whom the verb is meant, and most sign-ins what a server that
 * has just looked would write.
 */
function aim(model: Model, { aimed, ...drawn }: Drawn): Step {
  const step = { ...drawn }
  const pick = (n: number, fits: (user: ModelUser) => boolean) => {
    const fitting = n % 4 === 0 ? [] : model.users.filter(fits)
    const user = fitting[Math.trunc(n / 4) % fitting.length]
    return user?.name ?? n % (model.users.length + 1)
  }
  const isActive = ({ status }: ModelUser) => status === 'active'
  if (step.verb === 'restore') step.name = pick(step.name, ({ status }) => status === 'deleted')
  else if (step.verb === 'erase') step.name = pick(step.name, ({ goneAt }) => goneAt !== null)
  else if ('name' in step) step.name = pick(step.name, isActive)
  if (step.verb === 'merge') {
    step.from = pick(step.from, isActive)
    const { from } = step
    step.into = pick(step.into, (user) => isActive(user) && user.name !== from)
  }
  if (step.verb === 'undo') {
    const done = [...model.merges.keys()].filter((merge) => !model.merges[merge]?.undone)
    step.merge = done[step.merge % done.length] ?? step.merge
  }
  if (step.verb !== 'signIn') return step
  // Only a new user claims a number, and who proves one claims none.
  const unverified = step.user === 'make' && step.phone === null ? step.unverified : null
  if (!aimed || step.openid === null) return { ...step, unverified }
  const owner = byOpenid(model, step.app, step.openid)
  const holder = step.unionid === null ? undefined : byUnionid(model, step.unionid)
  const user = owner ?? holder
  return {
    ...step,
    user: !user ? 'make' : user.status === 'deleted' ? 'restore' : 'known',
    name: user?.name ?? 0,
    isKnown: owner !== undefined,
    claimsUnionid: holder === undefined,
    unverified: user ? null : unverified,
    conflict: owner && holder && owner !== holder ? holder.name : null,
  }
}

/** Does the steps of the model to a store, and knows its ids. */
function driverOf({ store, clock }: Opened) {
  const ids: number[] = []
  const merges: number[] = []
  const unknown = 12345
  const idOf = (which: number) => ids[which] ?? unknown
  const phoneOf = (index: string) => ({
    indexes: [index, `${index} by the old secret`],
    index,
    sealed: Buffer.from(index),
  })
  const keyOf = (app_id: string, openid: string, union: string | null) => ({
    app_id,
    openid,
    open_platform: union === null ? null : 'platform',
    unionid: union,
  })

  async function run(step: Step): Promise<unknown> {
    const now_ms = clock.now()
    const told = { ...noEvent, id: store.newId(), at: now_ms, kind: step.verb }
    const session_key = Uint8Array.of(1)
    switch (step.verb) {
      case 'signIn': {
        const user_id = step.user === 'make' ? store.newId() : idOf(step.name)
        const outcome = await store.signIn({
          now_ms,
          app_id: step.app,
          user_id,
          user: step.user,
          wechat:
            step.openid === null
              ? null
              : {
                  ...keyOf(step.app, step.openid, step.unionid),
                  identity: step.isKnown ? 'known' : 'new',
                  claim_unionid: step.claimsUnionid,
                  session_key,
                },
          phone: step.phone === null ? null : phoneOf(step.phone),
          ...(step.unverified !== null && {
            unverified: { phone: phoneOf(step.unverified), password: `of ${step.unverified}` },
          }),
          ...(step.conflict !== null && {
            conflict: { id: store.newId(), holder_id: idOf(step.conflict) },
          }),
          session: {
            id: store.newId(),
            device: null,
            idle_expires_at: now_ms + 10_000 * dayMs,
            expires_at: now_ms + 10_000 * dayMs,
          },
          events: [told],
        })
        if (step.user === 'make' && outcome === 'signed_in') ids.push(user_id)
        return outcome
      }
      case 'link': {
        const wechat = { ...keyOf(step.app, step.openid, step.unionid), session_key }
        return store.linkIdentity({ user_id: idOf(step.name), now_ms, wechat, event: told })
      }
      case 'unlink': {
        const key = { user_id: idOf(step.name), app_id: step.app }
        return store.unlinkIdentity({ ...key, now_ms, event: told })
      }
      case 'changePhone': {
        const write = { user_id: idOf(step.name), phone: phoneOf(step.phone) }
        return store.changePhone({ ...write, event: told })
      }
      case 'setPassword': {
        const user_id = idOf(step.name)
        const replaces = (await store.findPassword(user_id)) ?? null
        return store.setPassword({ user_id, password: step.password, replaces, event: told })
      }
      case 'rename': {
        const write = { user_id: idOf(step.name), nickname: step.nickname, now_ms, event: told }
        const user = await store.changeProfile(write)
        return user ? user.nickname : 'nobody'
      }
      case 'withdraw': {
        const { nickname, phone } = step
        const user_id = idOf(step.name)
        const isThere = await store.findUser(user_id)
        await store.withdrawData({ user_id, nickname, phone, avatar: true, now_ms, event: told })
        return isThere ? undefined : 'nobody'
      }
      case 'disable':
      case 'enable': {
        const status = step.verb === 'disable' ? 'disabled' : 'active'
        return store.setUserStatus({ id: idOf(step.name), status, now_ms, event: told })
      }
      case 'delete': {
        const gone_at = now_ms + reconsiderMs
        return store.deleteUser({ id: idOf(step.name), now_ms, gone_at, event: told })
      }
      case 'restore':
        return store.restoreUser({ id: idOf(step.name), now_ms, event: told })
      case 'erase':
        return store.eraseUser({ id: idOf(step.name), now_ms, event: told })
      case 'merge': {
        const users = { from_id: idOf(step.from), into_id: idOf(step.into) }
        const id = store.newId()
        const write = { id, ...users, now_ms, gone_at: now_ms + undoMs, event: told }
        const outcome = await store.mergeUsers(write)
        if (outcome === 'merged') merges.push(id)
        return outcome
      }
      case 'undo':
        return store.undoMerge({ id: merges[step.merge] ?? unknown, now_ms, event: told })
      case 'wait':
        clock.advance(step.days * dayMs)
        return undefined
    }
  }

  const nameOf = (id: number | undefined) => (id === undefined ? undefined : ids.indexOf(id))

  async function view() {
    const lookups: Record<string, unknown> = {}
    for (const app_id of apps) {
      for (const openid of openids) {
        const wechat = keyOf(app_id, openid, null)
        const { byOpenid: user } = await store.findUsers({ app_id, wechat, phone: null })
        lookups[`${app_id} ${openid}`] = nameOf(user?.id)
      }
    }
    for (const unionid of unionids) {
      const wechat = keyOf('another app', 'another openid', unionid)
      const { byUnionid: user } = await store.findUsers({ app_id: '', wechat, phone: null })
      lookups[unionid] = nameOf(user?.id)
    }
    for (const index of phones) {
      for (const each of phoneOf(index).indexes) {
        const key = { app_id: '', wechat: null, phone: [each], unverified_phone: [each] }
        const { byPhone: holder, byUnverifiedPhone } = await store.findUsers(key)
        lookups[each] = [nameOf(holder?.user.id), nameOf(byUnverifiedPhone?.id)]
      }
    }
    const users = await Promise.all(ids.map(viewUser))
    const conflicts = await store.listConflicts({ limit: 100 })
    const events = await store.listEvents({ limit: 100 })
    return {
      lookups,
      users,
      conflicts: conflicts.map((each) => [nameOf(each.user_id), nameOf(each.holder_id)]),
      events: events.length,
    }
  }

  async function viewUser(id: number) {
    const user = await store.findUser(id)
    const [identities, held, claim, password, live] = await Promise.all([
      store.listIdentities(id),
      store.listUnionids(id),
      store.findUnverifiedPhone(id),
      store.findPassword(id),
      store.listSessions({ user_id: id, now_ms: clock.now() }),
    ])
    return {
      status: user?.status,
      goneAt: user?.gone_at,
      nickname: user?.nickname,
      phone: user?.phone_index,
      password,
      claim: claim?.phone_index,
      identities: identities.map((each) => `${each.app_id} ${each.openid}`).toSorted(),
      unionids: held.map((each) => each.unionid).toSorted(),
      liveSessions: live.map((each) => each.app_id).toSorted(),
    }
  }

  /** Everything as it is stored, with its ids. */
  const dump = async () => ({
    users: await Promise.all(
      ids.map(async (id) => ({
        ...(await viewUser(id)),
        user: await store.findUser(id),
        sessions: await store.listPastSessions(id),
        claim: await store.findUnverifiedPhone(id),
      })),
    ),
    events: await store.listEvents({ limit: 100 }),
    merges: await store.listMerges({ limit: 100 }),
    conflicts: await store.listConflicts({ limit: 100 }),
    gone: await store.listGoneUsers({ now_ms: clock.now(), limit: 100 }),
  })

  return { run, view, dump }
}

const noEvent = { user_id: null, session_id: null, app_id: null, detail: null }

function viewModel(model: Model): Awaited<ReturnType<ReturnType<typeof driverOf>['view']>> {
  const lookups: Record<string, unknown> = {}
  for (const app_id of apps) {
    for (const each of openids) lookups[`${app_id} ${each}`] = byOpenid(model, app_id, each)?.name
  }
  for (const each of unionids) lookups[each] = byUnionid(model, each)?.name
  for (const each of phones) {
    const who = [byPhone(model, each)?.name, byClaim(model, each)?.name]
    Object.assign(lookups, { [each]: who, [`${each} by the old secret`]: who })
  }
  return {
    lookups,
    users: model.users.map(({ name }) => {
      const user = named(model, name)
      const { identities = {}, status } = user ?? {}
      return {
        status: status === 'erased' ? undefined : status,
        goneAt: user?.goneAt,
        nickname: user?.nickname,
        phone: user?.phone,
        password: user?.password ?? undefined,
        claim: user?.claim ?? undefined,
        identities: Object.entries(identities)
          .map(([app_id, each]) => `${app_id} ${each.openid}`)
          .toSorted(),
        unionids: (user?.unionids ?? []).toSorted(),
        liveSessions: (user?.liveSessions ?? []).toSorted(),
      }
    }),
    conflicts: model.conflicts.map((pair) => [...pair]),
    events: model.acts,
  }
}

type View = Awaited<ReturnType<ReturnType<typeof driverOf>['view']>>

/** What is true of any history, whatever the model says. */
function expectSound({ lookups, users, conflicts }: View) {
  const found = Object.values(lookups).flat()
  // A name of -1 is an id of nobody who was ever made.
  expect(found).not.toContain(-1)
  for (const [i, { status, identities, unionids: held, claim, liveSessions }] of users.entries()) {
    const isThere = status !== undefined && status !== 'merged'
    if (!isThere) {
      expect(found).not.toContain(i)
      expect(conflicts.flat()).not.toContain(i)
      expect([...identities, ...held, ...liveSessions]).toEqual([])
    }
    if (status === undefined) expect(claim).toBeUndefined()
    if (status !== 'active') expect(liveSessions).toEqual([])
    const appsOf = identities.map((each) => each.slice(0, apps[0].length))
    expect(new Set(appsOf).size).toBe(appsOf.length)
  }
  // A number is proven by one, or claimed by one.
  for (const who of Object.values(lookups).filter(Array.isArray)) {
    expect(who.filter((each) => each !== undefined).length).toBeLessThan(2)
  }
}

describe.each([
  ['memory', 1500, false],
  ['sqlite', 100, false],
  ['postgres', 20, lacksServer.postgres],
  ['mysql', 20, lacksServer.mysql],
] as const)('accounts on %s', (kind, numRuns, isLacking) => {
  it.skipIf(isLacking)(
    '[WX-8] [WX-9] [WX-11] are as the model has them after any history',
    async () => {
      const outcomes = new Map<string, number>()
      const property = fc.asyncProperty(history, async (steps) => {
        const opened = await stores[kind]()
        const driver = driverOf(opened)
        const model = emptyModel(opened.clock.now())
        try {
          for (const drawn of steps) {
            const step = aim(model, drawn)
            const expected = apply(model, step)
            const outcome = await driver.run(step)
            expect({ ...step, outcome }).toEqual({ ...step, outcome: expected })
            const seen = await driver.view()
            expect(seen).toEqual(viewModel(model))
            expectSound(seen)
            const key = `${step.verb}: ${String(outcome)}`
            outcomes.set(key, (outcomes.get(key) ?? 0) + 1)
          }
        } finally {
          await opened.store.close()
        }
      })
      await fc.assert(property, { numRuns, interruptAfterTimeLimit: 50_000 })
      // So many histories come to all that is worth a test.
      if (numRuns < 1000) return
      expect([...outcomes.keys()]).toEqual(expect.arrayContaining(worthwhile))
    },
    60_000,
  )
})

const worthwhile = [
  'signIn: signed_in',
  'signIn: taken',
  'signIn: user_not_active',
  'link: linked',
  'unlink: unlinked',
  'unlink: last_way_in',
  'changePhone: changed',
  'changePhone: taken',
  'merge: merged',
  'merge: same_app',
  'undo: undone',
  'undo: not_found',
  'delete: deleted',
  'restore: restored',
  'erase: true',
]

describe('accounts in memory and on sqlite', () => {
  it('are the same after the same history, to the last row', async () => {
    const property = fc.asyncProperty(history, async (steps) => {
      const [one, other] = [await stores.memory(), await stores.sqlite()]
      const [a, b] = [driverOf(one), driverOf(other)]
      const model = emptyModel(one.clock.now())
      try {
        for (const drawn of steps) {
          const step = aim(model, drawn)
          apply(model, step)
          const outcome = await a.run(step)
          expect({ ...step, outcome: await b.run(step) }).toEqual({ ...step, outcome })
        }
        // Ids are of the clock and of one chance, so that they are the same too.
        expect(plain(await b.dump())).toEqual(plain(await a.dump()))
      } finally {
        await Promise.all([one.store.close(), other.store.close()])
      }
    })
    await fc.assert(property, { numRuns: 60, interruptAfterTimeLimit: 50_000 })
  }, 60_000)
})

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]))
}
