import { seedWorld } from '@kaimen/emulator'
import { createAuth, type Auth, type AppOptions } from '@kaimen/server'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readKeyRing } from '../src/key-ring.ts'
import { parsePhone } from '../src/phone-number.ts'
import { phoneIndexes } from '../src/user/phone.ts'
import {
  openAppId,
  openWorld,
  phoneAppId,
  testSecret,
  type Reply,
  type SignedInBody,
  type StoreKind,
  type World,
} from './support/world.ts'

/*
 * Random histories of people who sign in by every way, change, leave and are merged. After each step
 * all that leads to anybody is looked up again: what led to a user leads to the same one as before,
 * but for what the step was about.
 */

const ring = readKeyRing(testSecret)
const [{ open_platform }] = seedWorld.apps
/** An app that begins outside the Open Platform account, and may be bound to it. */
const lateAppId = 'wx00000000000000e1'
const lateSecret = '0123456789abcdef0123456789abcdef'
const apps = [openAppId, lateAppId, phoneAppId] as const
const people = seedWorld.people.map(({ id, phone, country_code }) => ({
  id,
  phone: `+${country_code}${phone}`,
}))
/** Each person's number at WeChat, and one more that only SMS reach. */
const numbers = people.map(({ phone }, i) => [phone, `+861390000000${i}`] as const)

type Way = 'wechat' | 'phone_button' | 'otp' | 'otp_with_ticket'

type Step =
  | { do: 'sign_in'; by: Way; person: number; app: number; number: number; restore: boolean }
  | { do: 'change_phone' | 'link' | 'unlink'; person: number; app: number; number: number }
  | { do: 'disable' | 'enable' | 'delete' | 'restore'; person: number }
  | { do: 'merge'; person: number; other: number }
  | { do: 'undo_merge' | 'bind' | 'wait' }

const person = fc.nat({ max: people.length - 1 })
const app = fc.nat({ max: apps.length - 1 })
const number = fc.nat({ max: 1 })

const signInStep = fc.record({
  do: fc.constant('sign_in' as const),
  by: fc.constantFrom<Way>('wechat', 'wechat', 'phone_button', 'otp', 'otp_with_ticket'),
  person,
  app,
  number,
  restore: fc.boolean(),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: signInStep },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('change_phone', 'link', 'unlink'),
      person,
      app,
      number,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('disable', 'enable', 'delete', 'delete', 'restore'),
      person,
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('merge' as const), person, other: person }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('undo_merge', 'bind', 'wait') }) },
)

/** What leads to a user, as in `openid li-hua wx…`, and whose it is in truth. */
type Key = { readonly name: string; readonly person: number; find(): Promise<number | undefined> }

type Leads = ReadonlyMap<string, number>

/** One that was done, and what it took. */
type Merge = { id: string; from: number; into: number; taken: readonly string[] }

/** One history under way. */
async function openHistory(storeKind: StoreKind) {
  let sent = ''
  const sms = {
    kind: 'test',
    send: ({ otp }: { otp: string }) => {
      sent = otp
      return Promise.resolve('sent' as const)
    },
  }
  const options = (bound: boolean) => (seeded: readonly AppOptions[]) => [
    ...seeded,
    { app_id: lateAppId, secret: lateSecret, open_platform: bound ? open_platform : null },
  ]
  const otp = { per_app_hour: 10_000, budget_per_hour: 10_000 }
  const world = await openWorld({ storeKind, sms, otp, apps: options(false) })
  const late = { kind: 'mini_program', appid: lateAppId, secret: lateSecret }
  await world.control('POST', '/emulator/apps', { ...late, open_platform: null })
  let auth: Auth = world.auth
  await auth.ready()
  const keys = await findKeys(world)
  /** The access token and the user of each person's last sign-in. */
  const last = new Map<number, SignedInBody>()
  const merges: Merge[] = []
  /** Users who hold what is of two people, because somebody merged them. */
  const merged = new Set<number>()

  async function send(method: string, path: string, json?: unknown, token?: string) {
    const response = await auth.handler(
      new Request(`http://kaimen.test${path}`, {
        method,
        headers: {
          ...(json !== undefined && { 'content-type': 'application/json' }),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        ...(json !== undefined && { body: JSON.stringify(json) }),
      }),
    )
    const { status } = response
    // Refused or not: nobody ever waits for what cannot come about.
    expect(status).toBeLessThan(500)
    return { status, body: (await response.json()) as Reply['body'] }
  }

  const code = (who: number, appid: string) => world.wxLogin(people[who]?.id ?? '', appid)

  async function sendOtp(phone: string, token?: string) {
    // Out of the way of the pause between two codes.
    world.clock.advance(2 * 60 * 60_000)
    sent = ''
    await send('POST', '/v1/otp', { phone, app_id: openAppId }, token)
    return sent
  }

  async function signIn({
    by,
    person: who,
    app: at,
    number: n,
    restore,
  }: Step & { do: 'sign_in' }) {
    const app_id = apps[at] ?? openAppId
    const phone = numbers[who]?.[n] ?? ''
    if (by === 'wechat') {
      return send('POST', '/v1/sign-in/wechat', { app_id, code: await code(who, app_id), restore })
    }
    if (by === 'phone_button') {
      const tap = { appid: app_id, person: people[who]?.id }
      const { code: phone_code } = await world.control('POST', '/emulator/wx/getPhoneNumber', tap)
      const body = { app_id, code: await code(who, app_id), phone_code, restore }
      return send('POST', '/v1/sign-in/phone', body)
    }
    const otp = await sendOtp(phone)
    if (by === 'otp') return send('POST', '/v1/sign-in/otp', { app_id, phone, otp, restore })
    const login = { app_id: phoneAppId, code: await code(who, phoneAppId) }
    const { body } = await send('POST', '/v1/sign-in/wechat', login)
    if (typeof body['ticket'] !== 'string') return { status: 0, body }
    return send('POST', '/v1/sign-in/otp', { phone, otp, ticket: body['ticket'], restore })
  }

  /** A token that is fresh enough for what only its owner may do. */
  async function freshToken(who: number) {
    const phone = numbers[who]?.[1] ?? ''
    const before = last.get(who)
    const reply = await send('POST', '/v1/sign-in/otp', {
      app_id: openAppId,
      phone,
      otp: await sendOtp(phone),
    })
    return before && reply.body['status'] === 'signed_in'
      ? (reply.body as SignedInBody).access_token
      : undefined
  }

  return {
    world,
    keys,
    last,
    merged,
    merges,
    signIn,
    send,
    sendOtp,
    freshToken,
    code,
    auth: () => auth,
    isBound: () => auth !== world.auth,
    async bind() {
      await world.control('PATCH', `/emulator/apps/${lateAppId}`, { open_platform })
      auth = createAuth({
        publicUrl: 'http://kaimen.test',
        secret: testSecret,
        apps: options(true)(
          seedWorld.apps.map(({ kind, appid, secret, open_platform: platform }) => ({
            kind,
            app_id: appid,
            secret,
            open_platform: platform,
            registration: appid === phoneAppId ? 'phone' : 'open',
          })),
        ),
        store: world.store,
        sms,
        otp,
        clock: world.clock,
        wechat: { baseUrl: world.emulator.url },
      })
    },
    async leads(): Promise<Leads> {
      const found = await Promise.all(
        keys.map(async ({ name, find }) => [name, await find()] as const),
      )
      return new Map(found.filter((each): each is [string, number] => each[1] !== undefined))
    },
    async close() {
      if (auth !== world.auth) await auth.close()
      await world.close()
    },
  }
}

type History = Awaited<ReturnType<typeof openHistory>>

/** WeChat's names for everybody, as only WeChat and this test know them; and all numbers. */
async function findKeys(world: World): Promise<readonly Key[]> {
  if (typeof ring === 'string') throw new Error(ring)
  const keys: Key[] = []
  for (const [i, { id }] of people.entries()) {
    for (const app_id of apps) {
      const secret = seedWorld.apps.find(({ appid }) => appid === app_id)?.secret ?? lateSecret
      const url = new URL('/sns/jscode2session', world.emulator.url)
      url.search = new URLSearchParams({
        appid: app_id,
        secret,
        js_code: await world.wxLogin(id, app_id),
        grant_type: 'authorization_code',
      }).toString()
      const reply = (await (await fetch(url)).json()) as { openid: string; unionid?: string }
      const { openid, unionid = null } = reply
      const wechat = { app_id, openid, open_platform: unionid && open_platform, unionid }
      const find = async () => {
        return (await world.store.findUsers({ app_id, wechat, phone: null })).byOpenid?.id
      }
      keys.push({ name: `openid ${id} ${app_id}`, person: i, find })
      if (unionid === null) continue
      keys.push({
        name: `unionid ${id}`,
        person: i,
        find: async () =>
          (await world.store.findUsers({ app_id, wechat, phone: null })).byUnionid?.id,
      })
    }
    for (const phone of numbers[i] ?? []) {
      const parsed = parsePhone(phone)
      if (!parsed) throw new Error('not a number')
      const indexes = phoneIndexes(ring, parsed)
      const query = { app_id: openAppId, wechat: null, phone: indexes }
      const find = async () => (await world.store.findUsers(query)).byPhone?.user.id
      keys.push({ name: `phone ${phone}`, person: i, find })
    }
  }
  return keys
}

/** Which leads this step may change; every other has to stay as it is. */
type Allowed = (name: string, before: number | undefined, after: number | undefined) => boolean

const nothing: Allowed = () => false
const added: Allowed = (_, before, after) => before === undefined && after !== undefined

async function take(history: History, given: Step, before: Leads): Promise<Allowed> {
  const { last, send, world } = history
  const idOf = (who: number) => last.get(who)?.user.id ?? 'usr_00000000000'
  const holder = (who: number) => {
    const id = last.get(who)?.user.id
    return id === undefined ? -1 : Number.parseInt(id.slice(4), 32)
  }
  switch (given.do) {
    case 'sign_in': {
      const { status, body } = await history.signIn(given)
      if (body['status'] !== 'signed_in') return status === 0 ? added : nothing
      const signedIn = body as SignedInBody
      last.set(given.person, signedIn)
      expectRightUser(history, given, before, signedIn)
      if (given.by === 'wechat') await expectQueued(history, given, before)
      return added
    }
    case 'change_phone': {
      const token = await history.freshToken(given.person)
      if (token === undefined) return added
      const phone = numbers[given.person]?.[given.number] ?? ''
      await send('PUT', '/v1/me/phone', { phone, otp: await history.sendOtp(phone, token) }, token)
      return (name, was, is) => name.startsWith('phone') || added(name, was, is)
    }
    case 'link': {
      const token = await history.freshToken(given.person)
      const app_id = apps[given.app] ?? openAppId
      const code = await history.code(given.person, app_id)
      await send('POST', '/v1/me/identities', { app_id, code }, token)
      return added
    }
    case 'unlink': {
      const token = await history.freshToken(given.person)
      const app_id = apps[given.app] ?? openAppId
      await send('DELETE', `/v1/me/identities/${app_id}`, undefined, token)
      const gone = (name: string) => name.endsWith(app_id) || name.startsWith('unionid')
      return (name, was, is) => (is === undefined && gone(name)) || added(name, was, is)
    }
    case 'disable':
    case 'enable':
    case 'delete':
    case 'restore':
      await history.auth().users[given.do](idOf(given.person))
      return nothing
    case 'merge': {
      const from = holder(given.other)
      const into = holder(given.person)
      const users = { from: idOf(given.other), into: idOf(given.person) }
      const merge = await history.auth().users.merge(users)
      if (merge.outcome !== 'merged') return nothing
      const taken = [...before].filter(([, user]) => user === from).map(([name]) => name)
      history.merges.push({ id: merge.merge_id, from, into, taken })
      history.merged.add(into)
      return (_, was, is) => was === from && (is === into || is === undefined)
    }
    case 'undo_merge': {
      const merge = history.merges.at(-1)
      if (!merge || (await history.auth().users.undoMerge(merge.id)) !== 'undone') return nothing
      const { from, into, taken } = merge
      const after = await history.leads()
      for (const name of taken) {
        if (before.get(name) === into) expect([name, after.get(name)]).toEqual([name, from])
      }
      // A number that was let go comes back, unless somebody has proven it since.
      return (name, was, is) =>
        taken.includes(name) && (was === into || was === undefined) && is === from
    }
    case 'bind':
      await history.bind()
      return nothing
    case 'wait':
      world.clock.advance(8 * 24 * 60 * 60_000)
      await history.auth().tidy()
      return (_, __, is) => is === undefined
  }
}

/** One person never becomes two users: whatever led to a user before leads there still. */
function expectRightUser(
  { keys }: History,
  { by, person: who, app: at, number: n }: Step & { do: 'sign_in' },
  before: Leads,
  { user, is_new_user }: SignedInBody,
) {
  const id = Number.parseInt(user.id.slice(4), 32)
  const app_id = by === 'otp_with_ticket' ? phoneAppId : (apps[at] ?? openAppId)
  const openid = before.get(`openid ${people[who]?.id} ${app_id}`)
  const phone = before.get(`phone ${by === 'phone_button' ? numbers[who]?.[0] : numbers[who]?.[n]}`)
  const known = by === 'otp' ? phone : (openid ?? (by === 'wechat' ? undefined : phone))
  if (known !== undefined) expect([id, is_new_user]).toEqual([known, false])
  if (is_new_user) {
    const names = keys.filter(({ name }) => before.get(name) === id)
    expect(names).toEqual([])
  }
}

/** Two who may be one person wait for somebody to look at them; nothing else comes of it. (R9) */
async function expectQueued(
  history: History,
  { person: who, app: at }: Step & { do: 'sign_in' },
  before: Leads,
) {
  const app_id = apps[at] ?? openAppId
  const tellsUnionid = app_id === openAppId || (app_id === lateAppId && history.isBound())
  const user = before.get(`openid ${people[who]?.id} ${app_id}`)
  const holder = before.get(`unionid ${people[who]?.id}`)
  if (!tellsUnionid || user === undefined || holder === undefined || user === holder) return
  const queued = await history.world.store.listConflicts({ limit: 100 })
  const pair = { user_id: user, holder_id: holder }
  expect(queued.filter((each) => each.user_id === user && each.holder_id === holder)).toEqual([
    expect.objectContaining(pair),
  ])
}

async function expectSound(history: History, before: Leads, after: Leads, allowed: Allowed) {
  for (const { name } of history.keys) {
    const was = before.get(name)
    const is = after.get(name)
    if (was !== is) expect([name, was, is, allowed(name, was, is)]).toEqual([name, was, is, true])
  }
  const owners = new Map<number, Set<number>>()
  for (const { name, person: who } of history.keys) {
    const user = after.get(name)
    if (user !== undefined) owners.set(user, (owners.get(user) ?? new Set()).add(who))
  }
  for (const [user, whose] of owners) {
    // No two people ever become one, but by a merge.
    if (!history.merged.has(user)) expect([user, [...whose]]).toEqual([user, [expect.anything()]])
    const stored = await history.world.store.findUser(user)
    // Nothing leads to nobody, nor to a user who became another.
    expect([user, stored?.status]).toEqual([
      user,
      expect.stringMatching(/^(active|disabled|deleted)$/),
    ])
    const held = await history.world.store.listIdentities(user)
    expect(new Set(held.map(({ app_id }) => app_id)).size).toBe(held.length)
  }
}

/**
 * Two people were made one user while each was in an app of their own; then one of them comes to
 * the other's app. Their user has an openid there already.
 */
const metAfterMerge: Step[] = [
  { do: 'bind' },
  { do: 'sign_in', by: 'wechat', person: 2, app: 0, number: 0, restore: false },
  { do: 'sign_in', by: 'wechat', person: 0, app: 1, number: 0, restore: false },
  { do: 'merge', person: 2, other: 0 },
  { do: 'sign_in', by: 'wechat', person: 0, app: 0, number: 0, restore: false },
  { do: 'sign_in', by: 'wechat', person: 0, app: 0, number: 0, restore: false },
]

describe.each<[StoreKind, number]>([
  ['memory', 300],
  ['sqlite', 100],
])('whatever people do, on %s', (storeKind, numRuns) => {
  it('[WX-8] [WX-9] one person never becomes two users, no two become one without a merge, nothing is orphaned, and a refused step changes nothing (R1 R2 R3 R4 R5 R6 R8 R9 R12)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        const history = await openHistory(storeKind)
        try {
          let before = await history.leads()
          for (const each of steps) {
            const allowed = await take(history, each, before)
            const after = await history.leads()
            await expectSound(history, before, after, allowed)
            before = after
          }
        } finally {
          await history.close()
        }
      }),
      { numRuns, interruptAfterTimeLimit: 60_000, examples: [[metAfterMerge]] },
    )
  }, 90_000)
})
