import type { Captcha, EphemeralStore, OtpOptions } from '@kaimen/server'
import { createMemoryEphemeralStore } from '@kaimen/server/store/memory'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { everyPrint } from './support/canary.ts'
import { expectProblem } from './support/problem.ts'
import {
  liHua,
  openAppId,
  openWorld,
  phoneAppId,
  type SendOptions,
  type StoreKind,
  type World,
  type WorldOptions,
} from './support/world.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const client = '203.0.113.9'
const proxy = '198.51.100.7'

/** The n-th of many numbers. */
const number = (n: number) => `+86138${String(n).padStart(8, '0')}`

describe.each<StoreKind>(['memory', 'sqlite'])('sending codes, on %s', (storeKind) => {
  let world: World
  let sent: string[]
  let latest = 1000

  async function open(options: WorldOptions = {}) {
    sent = []
    world = await openWorld({
      storeKind,
      sharedEphemeral: true,
      sms: {
        kind: 'test',
        send({ phone }) {
          sent.push(phone)
          return Promise.resolve('sent')
        },
      },
      ...options,
    })
  }
  const openLimited = (otp: OtpOptions, options: WorldOptions = {}) => open({ otp, ...options })
  afterEach(() => world.close())

  const ask = (phone: string, body: object = {}, options: SendOptions = {}) =>
    world.send('POST', '/v1/otp', { json: { phone, ...body }, ...options })
  const from = (address: string, header?: string): SendOptions => ({
    address,
    ...(header !== undefined && { headers: { 'x-forwarded-for': header } }),
  })
  const statusesOf = (replies: { status: number }[]) => {
    const counts: Record<number, number> = {}
    for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1
    return counts
  }
  /** So many, one after the other, each to a number of its own. */
  async function askMany(count: number, options: SendOptions | ((n: number) => SendOptions) = {}) {
    const replies = []
    for (let n = 0; n < count; n++) {
      const how = typeof options === 'function' ? options(n) : options
      replies.push(await ask(number(++latest), {}, how))
    }
    return statusesOf(replies)
  }
  const waitOf = ({ headers }: { headers: Headers }) => Number(headers.get('retry-after'))

  describe('[OTP-6] by address', () => {
    it('twenty an hour and sixty a day, whatever the number', async () => {
      await open()
      const statuses = []
      for (let hour = 0; hour < 4; hour++) {
        statuses.push(await askMany(22, from(client)))
        world.clock.advance(hourMs)
      }
      expect(statuses).toEqual([
        { 202: 20, 429: 2 },
        { 202: 20, 429: 2 },
        { 202: 20, 429: 2 },
        { 429: 22 },
      ])
    })

    it('an address that has used up its own sends no stranger any more, and costs nobody else', async () => {
      await openLimited({ per_address_hour: 2, per_app_hour: 3, budget_per_hour: 3 })
      await askMany(30, from(client))
      expect(sent).toHaveLength(2)
      const victim = number(7)
      expectProblem(await ask(victim, {}, from(client)), 'rate_limited')
      expect((await ask(victim, {}, from('203.0.113.10'))).status).toBe(202)
    })

    it('of two hundred at once exactly as many are sent as may be [AU-6]', async () => {
      await openLimited({ per_address_hour: 5 })
      const replies = await Promise.all(
        Array.from({ length: 200 }, (_, n) => ask(number(n), {}, from(client))),
      )
      expect(statusesOf(replies)).toEqual({ 202: 5, 429: 195 })
      expect(sent).toHaveLength(5)
    })

    it('[AU-6] a /64 of IPv6 is one address, and so is IPv4 in IPv6’s clothes', async () => {
      await openLimited({ per_address_hour: 2 })
      const host = (n: number) => from(`2001:db8:0:1::${n.toString(16)}`)
      expect(await askMany(5, host)).toEqual({ 202: 2, 429: 3 })
      expect(await askMany(1, from('2001:db8:0:2::1'))).toEqual({ 202: 1 })
      const mapped = (n: number) => from(n % 2 ? client : `::ffff:${client}`)
      expect(await askMany(5, mapped)).toEqual({ 202: 2, 429: 3 })
    })

    it('[AU-7] X-Forwarded-For of a stranger changes nothing', async () => {
      await openLimited({ per_address_hour: 2 }, { trustedProxies: [proxy] })
      expect(await askMany(5, (n) => from(client, `192.0.2.${n}`))).toEqual({ 202: 2, 429: 3 })
    })

    it('[AU-7] behind a trusted proxy each client has a limit of its own, whatever it writes itself', async () => {
      await openLimited({ per_address_hour: 2 }, { trustedProxies: [proxy] })
      expect(await askMany(5, (n) => from(proxy, `192.0.2.${n}, ${client}`))).toEqual({
        202: 2,
        429: 3,
      })
      expect(await askMany(1, from(proxy, '192.0.2.1'))).toEqual({ 202: 1 })
    })

    it.each<[string, SendOptions]>([
      ['is not told', {}],
      ['is a private one, of a proxy that nobody named', from('10.0.0.1', client)],
      ['is malformed', from('nowhere')],
    ])('[AU-7] who comes where the address %s shares the budget alone', async (_, options) => {
      await openLimited({ per_address_hour: 1, per_address_day: 1, budget_per_hour: 30 })
      expect(await askMany(40, options)).toEqual({ 202: 30, 429: 10 })
    })
  })

  describe('[OTP-6] by app', () => {
    beforeEach(() => openLimited({ per_app_hour: 2 }))

    it('the app that is named, that of the ticket, and that of the session count', async () => {
      const { access_token: token } = await world.signIn()
      const code = await world.wxLogin(liHua, phoneAppId)
      const { body } = await world.send('POST', '/v1/sign-in/wechat', {
        json: { app_id: phoneAppId, code },
      })
      const { ticket } = body
      expect((await ask(number(1), { app_id: openAppId })).status).toBe(202)
      expect((await ask(number(2), {}, { token })).status).toBe(202)
      expectProblem(await ask(number(3), { app_id: openAppId }), 'rate_limited')
      expectProblem(await ask(number(4), { app_id: phoneAppId }, { token }), 'rate_limited')
      expect((await ask(number(5), { ticket })).status).toBe(202)
      expect((await ask(number(6), { app_id: phoneAppId })).status).toBe(202)
      expectProblem(await ask(number(7), { ticket }), 'rate_limited')
      // Requests that name none have a limit together.
      expect(await askMany(4)).toEqual({ 202: 2, 429: 2 })
    })

    it('an app that there is not is refused, and one that is not the ticket’s', async () => {
      expectProblem(await ask(number(1), { app_id: 'wx0000000000000000' }), 'app_unknown')
      const code = await world.wxLogin(liHua, phoneAppId)
      const { body } = await world.send('POST', '/v1/sign-in/wechat', {
        json: { app_id: phoneAppId, code },
      })
      const { ticket } = body
      expectProblem(await ask(number(1), { ticket, app_id: openAppId }), 'ticket_invalid')
      expect(sent).toEqual([])
    })

    it('the operator is told once that an app has used up its own', async () => {
      for (let n = 0; n < 5; n++) await ask(number(n), { app_id: openAppId })
      expect(world.reports).toEqual([[expect.stringContaining(openAppId), undefined]])
      expect(world.reports[0]?.[0]).toContain('otp.per_app_hour')
    })
  })

  describe('[OTP-6] in all', () => {
    it('the budget of an hour is kept whoever asks and however many at once, and the operator is told', async () => {
      await openLimited({ budget_per_hour: 7 })
      const replies = await Promise.all(
        Array.from({ length: 100 }, (_, n) => ask(number(n), {}, from(`203.0.113.${n}`))),
      )
      expect(statusesOf(replies)).toEqual({ 202: 7, 429: 93 })
      expect(world.reports).toEqual([[expect.stringContaining('otp.budget_per_hour'), undefined]])
      // The next hour has a budget of its own.
      world.clock.advance(hourMs)
      expect(await askMany(8)).toEqual({ 202: 7, 429: 1 })
    })

    it('what is refused uses up nothing: neither the budget nor the number', async () => {
      await openLimited({ budget_per_hour: 3, per_address_hour: 2 })
      const victim = number(1)
      expect((await ask(victim)).status).toBe(202)
      const floods = Array.from({ length: 50 }, (_, n) => ask(victim, {}, from(`203.0.113.${n}`)))
      expect(statusesOf(await Promise.all(floods))).toEqual({ 429: 50 })
      expect(await askMany(3)).toEqual({ 202: 2, 429: 1 })
      expectProblem(await ask(number(2), {}, from('203.0.113.1')), 'rate_limited')
      world.clock.advance(hourMs)
      expect((await ask(victim)).status).toBe(202)
    })

    it('of two hundred at once for one number one is sent, and the budget is charged for one', async () => {
      await openLimited({ budget_per_hour: 2 })
      const replies = await Promise.all(
        Array.from({ length: 200 }, (_, n) => ask(number(1), {}, from(`203.0.113.${n % 200}`))),
      )
      expect(statusesOf(replies)).toEqual({ 202: 1, 429: 199 })
      expect(await askMany(2)).toEqual({ 202: 1, 429: 1 })
    })
  })

  it('[OTP-6] Retry-After is the time until all limits that are full have room', async () => {
    // It is 08:00 UTC.
    await openLimited({ per_address_hour: 3, per_address_day: 4 })
    const victim = number(1)
    expect((await ask(victim, {}, from(client))).status).toBe(202)
    world.clock.advance(20_500)
    expect(waitOf(await ask(victim, {}, from(client)))).toBe(40)
    world.clock.advance(9 * minuteMs + 39_500)
    await askMany(2, from(client))
    // The pause of that number ends sooner.
    const hourly = await ask(number(latest), {}, from(client))
    expect(waitOf(hourly)).toBe((50 * minuteMs) / 1000)
    world.clock.advance(50 * minuteMs)
    expect(await askMany(1, from(client))).toEqual({ 202: 1 })
    expect(waitOf(await ask(number(3), {}, from(client)))).toBe((15 * hourMs) / 1000)
    world.clock.advance(15 * hourMs)
    expect((await ask(number(3), {}, from(client))).status).toBe(202)
  })

  it('the store has no address that anybody without the secret could read or test', async () => {
    await open()
    const keys: string[] = []
    const ephemeral = createMemoryEphemeralStore(world.clock)
    const { increment } = ephemeral
    ephemeral.increment = (key, by, ttlMs) => {
      keys.push(key)
      return increment(key, by, ttlMs)
    }
    await world.close()
    await open({ ephemeral })
    await ask(number(1), {}, from(client))
    expect(keys.some((key) => key.includes('/address/'))).toBe(true)
    expect(keys.filter((key) => key.includes(client))).toEqual([])
  })

  describe('[OTP-6] a store that fails', () => {
    it.each(['get', 'add', 'set', 'increment'] as const)(
      'in %s: nothing is sent, the answer is 503, and the operator is told',
      async (verb) => {
        const ephemeral: EphemeralStore = createMemoryEphemeralStore({
          now: Date.now,
          sleep: () => Promise.resolve(),
        })
        await open({ ephemeral })
        Object.assign(ephemeral, { [verb]: () => Promise.reject(new Error('The store is away')) })
        const reply = await ask(number(1))
        expectProblem(reply, 'unavailable')
        expect(waitOf(reply)).toBe(1)
        expect(sent).toEqual([])
        expect(world.reports.map(([message]) => message)).toEqual([
          expect.stringContaining('The ephemeral store is away'),
        ])
      },
    )
  })

  describe('[OTP-6] the CAPTCHA', () => {
    const token = 'canary+captcha/token=='
    const openWith = (captcha: Captcha, options: WorldOptions = {}) => open({ captcha, ...options })
    /** Nothing that left the server, or that the operator was told, has the token. */
    const expectUntold = (text: string) => {
      const told = [text, everyPrint(world.reports), everyPrint(world.events)].join()
      expect(told).not.toContain(token)
      expect(told).not.toContain(encodeURIComponent(token))
    }

    it('is asked with the token, the app and the address, and what it passes is sent', async () => {
      const attempts: unknown[] = []
      await openWith(
        (attempt) => {
          attempts.push(attempt)
          return true
        },
        { trustedProxies: [proxy] },
      )
      const reply = await ask(
        number(1),
        { captcha: token, app_id: openAppId },
        from(proxy, `192.0.2.1, ${client}`),
      )
      expect(reply.status).toBe(202)
      expectUntold(reply.text)
      await ask(number(2))
      expect(attempts).toEqual([
        { token, app_id: openAppId, address: client },
        { token: undefined, app_id: undefined, address: undefined },
      ])
      expect(sent).toHaveLength(2)
    })

    it.each<[string, unknown]>([
      ['false', false],
      ['a promise of it', Promise.resolve(false)],
      ['nothing', undefined],
      ['what is merely truthy', 'yes'],
    ])('that says %s refuses, before anything is counted or sent', async (_, answer) => {
      let passes: unknown = answer
      // As a host without TypeScript may write it.
      await openWith((() => passes) as Captcha, { otp: { budget_per_hour: 1 } })
      for (let n = 0; n < 3; n++) {
        const reply = await ask(number(1), { captcha: token }, from(client))
        expect(expectProblem(reply, 'captcha_required').action).toBe('retry')
        expectUntold(reply.text)
      }
      expect([sent, world.reports]).toEqual([[], []])
      passes = true
      expect((await ask(number(1), { captcha: token })).status).toBe(202)
    })

    it.each<[string, Captcha]>([
      [
        'throws',
        ({ token: given }) => {
          throw new Error(`https://captcha.example/?token=${given}`)
        },
      ],
      ['rejects', ({ token: given }) => Promise.reject(new TypeError(`no ${given}`))],
      [
        'rejects with an error of that name',
        ({ token: given }) => Promise.reject(Object.assign(new Error(), { name: given })),
      ],
      ['never answers', () => new Promise(() => {})],
    ])(
      'that %s sends nothing, is 503, and is told to the operator without the token',
      async (_, captcha) => {
        await openWith(captcha)
        const reply = await ask(number(1), { captcha: token })
        expectProblem(reply, 'unavailable')
        expectUntold(reply.text)
        expect(sent).toEqual([])
        expect(world.reports.map(([message]) => message)).toEqual(['POST /v1/otp: unavailable'])
        expect(everyPrint(world.reports)).toContain('captcha: it ')
      },
    )

    it('has five seconds by the clock that is passed in', async () => {
      const slept: number[] = []
      await openWith(() => Promise.resolve(true))
      const { clock, sleep } = { clock: world.clock, sleep: world.clock.sleep }
      clock.sleep = (milliseconds) => {
        slept.push(milliseconds)
        return sleep(milliseconds)
      }
      await ask(number(1))
      expect(slept).toEqual([5000])
    })

    it.each(['x'.repeat(2049), '', 7, null])('the token %j is not taken', async (captcha) => {
      let asked = false
      await openWith(() => (asked = true))
      const reply = await ask(number(1), { captcha })
      expectProblem(reply, 'body_invalid')
      expect([asked, sent]).toEqual([false, []])
    })
  })

  it('[OTP-7] no answer has the code, whether it was sent, refused or failed', async () => {
    const outcomes = [
      'sent',
      'rate_limited',
      'phone_refused',
      'misconfigured',
      'unavailable',
    ] as const
    const otps: string[] = []
    await open({
      sms: {
        kind: 'test',
        send({ otp }) {
          otps.push(otp)
          return Promise.resolve(outcomes[otps.length - 1] ?? 'sent')
        },
      },
    })
    for (const [n] of outcomes.entries()) {
      const reply = await ask(number(n))
      const told = [
        reply.text,
        JSON.stringify([...reply.headers]),
        everyPrint(world.reports),
      ].join()
      expect(told).not.toContain(otps[n])
    }
    expect(otps).toHaveLength(outcomes.length)
  })
})
