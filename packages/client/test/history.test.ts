import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AuthError, type Client } from '../src/index.ts'
import { isFields } from '../src/wire.ts'
import { rightOtp, type Fault } from './support/auth-server.ts'
import { quiet } from './support/clock.ts'
import { createWorld, foreignUrl, shopUrl, type World } from './support/world.ts'

/** One thing that happens to a phone. */
type Step =
  | { do: 'request'; url: string; times: number }
  | { do: 'login'; fresh: boolean }
  | { do: 'prove'; by: 'phone' | 'otp' | 'password'; right: boolean }
  | { do: 'reauthenticate' }
  | { do: 'logout' }
  | { do: 'hold'; path: string; what: 'call' | 'reply' }
  | { do: 'holdLogin' }
  | { do: 'release' }
  | { do: 'fault'; path: string; fault: Fault; times: number }
  | { do: 'online'; on: boolean }
  | { do: 'wait'; ms: number }
  | { do: 'skew'; ms: number }
  | { do: 'endSessions' }
  | { do: 'spoil' }
  | { do: 'disable'; on: boolean }
  | { do: 'phone'; on: boolean }
  | { do: 'scene'; scene: number }
  | { do: 'evict' }
  | { do: 'restart' }

const paths = [
  '/v1/sign-in/wechat',
  '/v1/sign-in/phone',
  '/v1/sign-in/otp',
  '/v1/token',
  '/v1/me',
  '/v1/revoke',
]

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('request' as const),
      url: fc.constantFrom('/v1/me', `${shopUrl}/orders`, `${foreignUrl}/news`),
      times: fc.integer({ min: 1, max: 5 }),
    }),
  },
  fc.record({ do: fc.constant('login' as const), fresh: fc.boolean() }),
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('prove' as const),
      by: fc.constantFrom('phone', 'otp', 'password'),
      right: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.constant<Step>({ do: 'reauthenticate' }) },
  fc.constant<Step>({ do: 'logout' }),
  fc.record({
    do: fc.constant('hold' as const),
    path: fc.constantFrom(...paths),
    what: fc.constantFrom('call', 'reply'),
  }),
  fc.constant<Step>({ do: 'holdLogin' }),
  { weight: 3, arbitrary: fc.constant<Step>({ do: 'release' }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      path: fc.constantFrom(...paths),
      times: fc.integer({ min: 1, max: 6 }),
      fault: fc.constantFrom<Fault>(
        { kind: 'unreached' },
        { kind: 'lost' },
        { kind: 'hang' },
        { kind: 'problem', code: 'internal_error' },
        { kind: 'problem', code: 'unavailable', retryAfter: 20 },
        { kind: 'problem', code: 'session_ended' },
        { kind: 'problem', code: 'token_invalid' },
        { kind: 'page', status: 404 },
        { kind: 'page', status: 502 },
      ),
    }),
  },
  fc.record({ do: fc.constant('online' as const), on: fc.boolean() }),
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(100, 5000, 11_000, 31_000, 800_000, 1_000_000, 40 * 86_400_000),
    }),
  },
  fc.record({
    do: fc.constant('skew' as const),
    ms: fc.constantFrom(-86_400_000, -60_000, 60_000, 86_400_000),
  }),
  fc.constant<Step>({ do: 'endSessions' }),
  { weight: 2, arbitrary: fc.constant<Step>({ do: 'spoil' }) },
  fc.record({ do: fc.constant('disable' as const), on: fc.boolean() }),
  fc.record({ do: fc.constant('phone' as const), on: fc.boolean() }),
  fc.record({ do: fc.constant('scene' as const), scene: fc.constantFrom(1001, 1154) }),
  fc.constant<Step>({ do: 'evict' }),
  fc.constant<Step>({ do: 'restart' }),
)

describe('any history', () => {
  it('settles all who wait, logs in one at a time, leaks no token, and loses no session to the network', async () => {
    const outcomes = new Set<string>()
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        await play(steps, outcomes)
      }),
      { numRuns: 500 },
    )
    // The histories reach what they are meant to reach.
    const wanted =
      '200 network timeout signed_out phone_required unavailable user_disabled otp_wrong'
    for (const outcome of wanted.split(' ')) expect(outcomes).toContain(outcome)
  })
})

async function play(steps: readonly Step[], outcomes: Set<string>): Promise<void> {
  let world = createWorld()
  let client = world.client()
  const gates: Array<{ release: () => void }> = []
  let waiting = 0
  /** Somebody other than the network may have ended the session. */
  let mayEnd = false
  /** Since a sign-out nobody asked for a login. */
  let staysOut = false

  const follow = (promise: Promise<unknown>) => {
    waiting++
    void promise
      .then(
        (value) => outcomes.add(isFields(value) ? String(value['statusCode']) : 'done'),
        (error: unknown) => outcomes.add(error instanceof AuthError ? error.code : 'other'),
      )
      .finally(() => waiting--)
  }
  /** What is held goes on, what hangs meets our timers, and nobody is left waiting. */
  const drain = async () => {
    for (const gate of gates.splice(0)) gate.release()
    await world.clock.advance(400_000)
    expect(waiting).toBe(0)
    expect(world.clock.pending()).toBe(0)
  }

  for (const one of steps) {
    const before = { user: client.user, logins: world.logins.total }
    if (one.do === 'request') {
      for (let i = 0; i < one.times; i++) follow(client.request({ url: one.url }))
    } else if (one.do === 'login') {
      follow(client.login({ fresh: one.fresh }))
      staysOut = false
    } else if (one.do === 'prove') {
      follow(prove(client, one))
      staysOut = false
    } else if (one.do === 'reauthenticate') {
      follow(client.reauthenticate())
    } else if (one.do === 'logout') {
      follow(client.logout())
      expect(client.user).toBeNull()
      mayEnd = true
      await drain()
      staysOut = true
    } else if (one.do === 'restart') {
      await drain()
      world = world.restart()
      client = world.client()
      before.logins = 0
    } else {
      await happen(world, one, gates)
      mayEnd ||= one.do === 'disable' || one.do === 'phone' || one.do === 'evict'
      staysOut &&= one.do !== 'evict'
    }
    await quiet()
    check(world)
    if (before.user && !mayEnd) expect(client.user).toEqual(before.user)
    if (staysOut) {
      expect(client.user).toBeNull()
      expect(world.logins.total).toBe(before.logins)
      expect([...world.phone.storage.values()].join()).not.toContain('refresh.')
    }
  }
  await drain()
  check(world)
  await recover(world, client)
  expect(outcomes).not.toContain('other')
}

let taps = 0

function prove(client: Client, { by, right }: { by: string; right: boolean }) {
  const phone = '+8613800138000'
  if (by === 'otp') return client.signInWithOtp({ phone, otp: right ? rightOtp : '000000' })
  if (by === 'password')
    return client.signInWithPassword({ phone, password: right ? 'correct horse' : 'wrong' })
  const errMsg = right ? 'getPhoneNumber:ok' : 'getPhoneNumber:fail user deny'
  return client.signInWithPhone({ detail: right ? { code: `tap-${++taps}`, errMsg } : { errMsg } })
}

function check(world: World): void {
  expect(world.logins.mostOpen).toBeLessThanOrEqual(1)
  for (const sent of world.elsewhere)
    if (!sent.url.startsWith(shopUrl))
      expect(JSON.stringify(sent)).not.toMatch(/access\.|refresh\./)
  const exchanges = world.server.calls.filter(({ path }) => path === '/v1/sign-in/wechat')
  expect(new Set(exchanges.map(({ body }) => body)).size).toBe(exchanges.length)
  const kept = JSON.stringify([...world.phone.storage.values()])
  expect(kept).not.toMatch(/code-|ticket-|\+86|271828|horse/)
}

/** When all is well again, so is the client; and a network that fails once more costs it nothing. */
async function recover(world: World, client: Client): Promise<void> {
  world.online = true
  world.phone.scene = 1001
  world.server.heal()
  await world.clock.advance(600_000)
  await client.login()
  expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)

  const logins = world.logins.total
  world.server.spoilAccessTokens()
  world.online = false
  await expect(client.request({ url: '/v1/me' })).rejects.toMatchObject({ code: 'network' })
  world.online = true
  expect((await client.request({ url: '/v1/me' })).statusCode).toBe(200)
  expect(client.user?.id).toBe('user-li')
  expect(world.logins.total).toBe(logins)
}

async function happen(
  world: World,
  one: Exclude<
    Step,
    { do: 'request' | 'login' | 'prove' | 'reauthenticate' | 'logout' | 'restart' }
  >,
  gates: Array<{ release: () => void }>,
): Promise<void> {
  switch (one.do) {
    case 'hold':
      gates.push(world.server.hold(one.path, one.what))
      break
    case 'holdLogin':
      gates.push(world.holdLogin())
      break
    case 'release':
      gates.shift()?.release()
      break
    case 'fault':
      world.server.fail(one.path, one.fault, one.times)
      break
    case 'online':
      world.online = one.on
      break
    case 'wait':
      await world.clock.advance(one.ms)
      break
    case 'skew':
      world.clock.skew(one.ms)
      break
    case 'endSessions':
      world.server.endSessions()
      break
    case 'spoil':
      world.server.spoilAccessTokens()
      break
    case 'disable':
      world.server.userDisabled = one.on
      break
    case 'phone':
      world.server.phoneRequired = one.on
      break
    case 'scene':
      world.phone.scene = one.scene
      break
    case 'evict':
      world.phone.storage.clear()
      break
  }
}
