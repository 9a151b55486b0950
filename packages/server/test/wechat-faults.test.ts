import { inspect } from 'node:util'
import { errorTable, type ErrorCode, type ErrorEntry } from '@kaimen/protocol'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readProblem } from './support/problem.ts'
import {
  openAppId,
  openWorld,
  type Reply,
  type SignedInBody,
  type StoreKind,
  type World,
} from './support/world.ts'

const path = '/sns/jscode2session'
/** Short enough to be waited for. */
const timeoutMs = 600
/** What a busy machine may add to a deadline. */
const slackMs = 2_000

/** Every errcode that the error table names, and one that it does not. */
const errcodes: [errcode: number, code: ErrorCode][] = [
  ...Object.entries(errorTable).flatMap(([code, { errcodes: named = [] }]: [string, ErrorEntry]) =>
    named.map((errcode): [number, ErrorCode] => [errcode, code as ErrorCode]),
  ),
  [98_765, 'wechat_error'],
]

const transportFaults: [name: string, fault: Record<string, unknown>][] = [
  ['status 502', { fault: 'status', status: 502 }],
  ['status 403', { fault: 'status', status: 403 }],
  ['status 302', { fault: 'status', status: 302 }],
  ['delay beyond the deadline', { fault: 'delay', delay_ms: 10_000 }],
  ['hang', { fault: 'hang' }],
  ['reset', { fault: 'reset' }],
  ['truncate', { fault: 'truncate' }],
  ['html', { fault: 'html' }],
  ['html under status 200', { fault: 'html', status: 200 }],
  ['empty', { fault: 'empty' }],
]
const transportCases = transportFaults.flatMap(([name, fault]) => [
  ...(fault['fault'] === 'truncate' ? [] : [[name, { ...fault, after: false }] as const]),
  [`${name}, after WeChat took the code`, { ...fault, after: true }] as const,
])

describe.each<[kind: StoreKind, sharedEphemeral: boolean]>([
  ['memory', false],
  ['sqlite', true],
])('when WeChat fails, on %s', (storeKind, sharedEphemeral) => {
  let world: World
  beforeEach(async () => {
    world = await openWorld({ storeKind, sharedEphemeral, wechat: { timeoutMs } })
  })
  afterEach(() => world.close())

  const addFault = (fault: object) => world.control('POST', '/emulator/faults', { path, ...fault })
  const clearFaults = () => world.control('DELETE', '/emulator/faults')
  const sendCode = (code: string, key?: string) =>
    world.send('POST', '/v1/sign-in/wechat', {
      json: { app_id: openAppId, code },
      headers: { 'accept-language': 'en', ...(key !== undefined && { 'idempotency-key': key }) },
    })
  const signedIn = (reply: Reply) => {
    expect(reply.body).toMatchObject({ status: 'signed_in' })
    return reply.body as SignedInBody
  }
  /** What the operator reads, whatever he prints it with. */
  const reported = () => inspect(world.reports, { depth: 20, showHidden: true })

  describe('with an errcode', () => {
    it.each(errcodes)('%i ends in %s, and the next sign-in works', async (errcode, code) => {
      const write = vi.spyOn(world.store, 'signIn')
      await addFault({ fault: 'errcode', errcode, errmsg: 'of this test', times: 1 })
      const reply = await sendCode(await world.wxLogin())
      const problem = readProblem(reply)
      expect(problem.code).toBe(code)
      expect(write).not.toHaveBeenCalled()
      const failed = { kind: 'sign_in_failed', app_id: openAppId, by: 'wechat', code, errcode }
      expect(world.events).toEqual([failed])

      if (code === 'wechat_config') {
        expect(problem.wechat).toBeUndefined()
        expect(reply.text).not.toContain(String(errcode))
        expect(reply.text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}/)
      } else {
        expect(problem.wechat?.errcode).toBe(errcode)
        expect(problem.wechat?.rid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/)
      }
      if (reply.status < 500) {
        expect(world.reports).toEqual([])
      } else {
        expect(world.reports).toHaveLength(1)
        expect(reported()).toContain(`errcode: ${errcode}`)
        expect(reported()).toMatch(/rid: '[0-9a-f-]{26}'/)
      }
      expect((await world.signIn()).is_new_user).toBe(true)
    })

    it.each<[ErrorCode, number, string]>([
      ['wechat_busy', -1, '2'],
      ['wechat_rate_limited', 45011, '60'],
    ])('[WX-5] %s says how long to wait', async (code, errcode, seconds) => {
      await addFault({ fault: 'errcode', errcode, times: 1 })
      const reply = await sendCode(await world.wxLogin())
      expect(readProblem(reply).code).toBe(code)
      expect(reply.headers.get('retry-after')).toBe(seconds)
    })

    it.each<[string, object, ErrorCode]>([
      ['a frozen AppSecret', { secret_frozen: true }, 'wechat_config'],
      ['an address outside the whitelist', { ip_whitelist: ['192.0.2.1'] }, 'wechat_config'],
      ['a blocked person', { blocked: true }, 'wechat_user_blocked'],
      ['a spent quota', { quota: { jscode2session_per_minute: 0 } }, 'wechat_rate_limited'],
    ])('%s of WeChat’s own is told alike', async (_, switches, code) => {
      await world.control('PATCH', `/emulator/apps/${openAppId}`, switches)
      expect(readProblem(await sendCode(await world.wxLogin())).code).toBe(code)
    })

    it('[WX-5] WeChat is asked once, and not again', async () => {
      await addFault({ fault: 'errcode', errcode: -1, times: 1 })
      await sendCode(await world.wxLogin())
      expect(await world.exchanges()).toBe(1)
    })
  })

  describe('with a broken answer or none', () => {
    it.each(transportCases)(
      '[WX-5] %s ends in wechat_unreachable within the deadline, and the next sign-in works',
      async (_, fault) => {
        const write = vi.spyOn(world.store, 'signIn')
        await addFault(fault)
        const code = await world.wxLogin()
        const began = performance.now()
        const reply = await sendCode(code)
        expect(performance.now() - began).toBeLessThan(timeoutMs + slackMs)
        const problem = readProblem(reply)
        expect(problem.code).toBe('wechat_unreachable')
        expect(problem.wechat).toBeUndefined()
        expect(reply.headers.get('retry-after')).toBe('5')
        expect(write).not.toHaveBeenCalled()
        expect(world.reports).toHaveLength(1)
        expect(reported()).toContain('WechatTransportError')
        // Once and never again: a code works once.
        expect(await world.exchanges()).toBe(1)

        await clearFaults()
        expect((await world.signIn()).is_new_user).toBe(true)
      },
    )

    it('a delay within the deadline is no failure', async () => {
      await addFault({ fault: 'delay', delay_ms: 50, times: 1 })
      expect((await world.signIn()).status).toBe('signed_in')
    })

    it('is told as wechat_unreachable when nobody listens there', async () => {
      const code = await world.wxLogin()
      await world.emulator.close()
      expect(readProblem(await sendCode(code)).code).toBe('wechat_unreachable')
    })

    it('ten parallel sign-ins fail within one deadline, not one after another', async () => {
      await addFault({ fault: 'hang' })
      const codes = await Promise.all(Array.from({ length: 10 }, () => world.wxLogin()))
      const began = performance.now()
      const replies = await Promise.all(codes.map((code) => sendCode(code)))
      expect(performance.now() - began).toBeLessThan(timeoutMs + slackMs)
      for (const reply of replies) expect(readProblem(reply).code).toBe('wechat_unreachable')
    })
  })

  describe('those who are signed in', () => {
    const patient = 5_000
    it('refresh, see themselves and sign out while WeChat hangs; what hung goes on after it', async () => {
      await world.close()
      world = await openWorld({ storeKind, sharedEphemeral, wechat: { timeoutMs: patient } })
      const person = await world.signIn()
      await addFault({ fault: 'hang' })
      let settled = false
      const hanging = sendCode(await world.wxLogin()).finally(() => void (settled = true))
      await vi.waitFor(async () => expect(await world.exchanges()).toBe(2))

      const refreshed = await world.send('POST', '/v1/token', {
        json: { grant_type: 'refresh_token', refresh_token: person.refresh_token },
      })
      expect(refreshed.status).toBe(200)
      const token = String(refreshed.body['access_token'])
      expect((await world.send('GET', '/v1/me', { token })).body['id']).toBe(person.user.id)
      expect((await world.send('GET', '/v1/me/sessions', { token })).status).toBe(200)
      expect((await world.send('GET', '/healthz')).status).toBe(200)
      expect((await world.send('GET', '/readyz')).status).toBe(200)
      expect((await world.send('GET', '/.well-known/jwks.json')).status).toBe(200)
      expect((await world.send('POST', '/v1/revoke', { json: { token } })).status).toBe(200)
      expect(readProblem(await world.send('GET', '/v1/me', { token })).code).toBe('session_ended')
      expect(settled).toBe(false)

      await clearFaults()
      expect(signedIn(await hanging).user.id).toBe(person.user.id)
    })

    it('are not held up when WeChat is gone for good', async () => {
      const person = await world.signIn()
      await world.emulator.close()
      const refreshed = await world.send('POST', '/v1/token', {
        json: { grant_type: 'refresh_token', refresh_token: person.refresh_token },
      })
      expect(refreshed.status).toBe(200)
    })
  })

  describe('the circuit to WeChat', () => {
    it('[WX-5] opens after failures in a row, answers at once, and closes after the pause', async () => {
      await world.close()
      let nowMs = 0
      const wechat = { timeoutMs, circuitFailures: 3, circuitPauseMs: 5_000, nowMs: () => nowMs }
      world = await openWorld({ storeKind, sharedEphemeral, wechat })
      await addFault({ fault: 'reset', times: 3 })
      for (let i = 0; i < 3; i++) {
        expect(readProblem(await sendCode(await world.wxLogin())).code).toBe('wechat_unreachable')
      }
      const reply = await sendCode(await world.wxLogin())
      expect(readProblem(reply).code).toBe('wechat_unreachable')
      expect(reply.headers.has('retry-after')).toBe(true)
      expect(await world.exchanges()).toBe(3)
      nowMs += 5_000
      expect((await world.signIn()).status).toBe('signed_in')
    })

    it('[WX-5] is not opened by errcodes: one app’s wrong settings harm no other app', async () => {
      await world.close()
      world = await openWorld({ storeKind, wechat: { timeoutMs, circuitFailures: 2 } })
      await addFault({ fault: 'errcode', errcode: 40125, times: 5 })
      for (let i = 0; i < 5; i++) {
        expect(readProblem(await sendCode(await world.wxLogin())).code).toBe('wechat_config')
      }
      expect((await world.signIn()).status).toBe('signed_in')
    })

    it('[WX-5] more calls than may run and wait are refused at once', async () => {
      await world.close()
      const wechat = { timeoutMs: 5_000, maxInFlight: 1, maxWaiting: 0 }
      world = await openWorld({ storeKind, sharedEphemeral, wechat })
      await addFault({ fault: 'hang' })
      const held = sendCode(await world.wxLogin())
      await vi.waitFor(async () => expect(await world.exchanges()).toBe(1))
      expect(readProblem(await sendCode(await world.wxLogin())).code).toBe('wechat_unreachable')
      await clearFaults()
      expect(signedIn(await held).is_new_user).toBe(true)
    })
  })

  describe('the same code again (R11)', () => {
    it('gets the same failure for the same Idempotency-Key, from one exchange', async () => {
      await addFault({ fault: 'reset', times: 1 })
      const code = await world.wxLogin()
      const first = await sendCode(code, 'key')
      const second = await sendCode(code, 'key')
      expect(readProblem(first).code).toBe('wechat_unreachable')
      expect([second.status, second.text]).toEqual([first.status, first.text])
      expect(second.headers.get('retry-after')).toBe('5')
      expect(await world.exchanges()).toBe(1)
    })

    it.each([undefined, 'another'])(
      'is code_used for the Idempotency-Key %s, and tells nothing of the failure',
      async (key) => {
        await addFault({ fault: 'errcode', errcode: 40125, times: 1 })
        const code = await world.wxLogin()
        await sendCode(code, 'key')
        expect(readProblem(await sendCode(code, key)).code).toBe('code_used')
        expect(await world.exchanges()).toBe(1)
      },
    )

    it('works once the failure has passed, when WeChat did not take it', async () => {
      await addFault({ fault: 'reset', times: 1 })
      const code = await world.wxLogin()
      await sendCode(code, 'key')
      world.clock.advance(2_001)
      const session = signedIn(await sendCode(code, 'key'))
      expect(signedIn(await sendCode(code, 'key')).session_id).toBe(session.session_id)
      expect(await world.exchanges()).toBe(2)
    })

    it.each(['reset', 'hang', 'truncate', 'empty'])(
      'is used up when WeChat took it and its answer was lost by %s; a new code works',
      async (fault) => {
        await addFault({ fault, after: true, times: 1 })
        const code = await world.wxLogin()
        expect(readProblem(await sendCode(code, 'key')).code).toBe('wechat_unreachable')
        world.clock.advance(2_001)
        const again = readProblem(await sendCode(code, 'key'))
        expect(again).toMatchObject({ code: 'code_used', wechat: { errcode: 40163 } })
        expect(signedIn(await sendCode(await world.wxLogin(), 'key')).is_new_user).toBe(true)
      },
    )

    it('is refused for 60 s without asking WeChat, when it never was valid', async () => {
      const code = `0${'x'.repeat(31)}`
      expect(readProblem(await sendCode(code, 'key')).code).toBe('code_invalid')
      world.clock.advance(59_000)
      expect(readProblem(await sendCode(code, 'key')).code).toBe('code_invalid')
      expect(await world.exchanges()).toBe(1)
    })

    it('[WX-3] twenty at a time get one session from one slow exchange', async () => {
      await addFault({ fault: 'delay', delay_ms: 100, times: 1 })
      const code = await world.wxLogin()
      const replies = await Promise.all(Array.from({ length: 20 }, () => sendCode(code, 'key')))
      const sessions = new Set(replies.map((reply) => signedIn(reply).session_id))
      expect(sessions.size).toBe(1)
      expect(await world.exchanges()).toBe(1)
    })

    it('[WX-3] twenty at a time get one failure from one exchange that hangs', async () => {
      await addFault({ fault: 'hang' })
      const code = await world.wxLogin()
      const replies = await Promise.all(Array.from({ length: 20 }, () => sendCode(code, 'key')))
      for (const reply of replies) expect(readProblem(reply).code).toBe('wechat_unreachable')
      expect(await world.exchanges()).toBe(1)
    })

    it('[WX-3] twenty at a time with keys of their own: one is answered, the others are code_used', async () => {
      const code = await world.wxLogin()
      const replies = await Promise.all(
        Array.from({ length: 20 }, (_, i) => sendCode(code, `${i}`)),
      )
      const codes = replies.map(({ body }) => body['code'] ?? body['status'])
      expect(codes.filter((each) => each === 'signed_in')).toHaveLength(1)
      expect(codes.filter((each) => each === 'code_used')).toHaveLength(19)
      expect(await world.exchanges()).toBe(1)
    })
  })
})
