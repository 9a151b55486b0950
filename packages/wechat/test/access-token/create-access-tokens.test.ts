import { describe, expect, test } from 'vitest'
import {
  createAccessTokens,
  getAccessToken,
  getApiQuota,
  getStableAccessToken,
  WechatError,
  WechatInputError,
  WechatTransportError,
} from '../../src/index.ts'
import type { AccessTokensOptions, Secret } from '../../src/index.ts'
import { callWith } from '../support/call-with.ts'
import { everythingIn } from '../support/canary.ts'
import { catchError, catchSyncError } from '../support/catch-error.ts'
import { bound, emulate, service, unbound } from '../support/emulate.ts'
import { openMemoryStore } from '../support/memory-store.ts'

const stable = '/cgi-bin/stable_token'
const cgi_path = '/wxa/getwxacodeunlimit'

/** An emulated WeChat on a clock of its own, with any number of keepers on the same clock. */
async function emulateKeepers() {
  const clock = { nowMs: Date.now() }
  const emulated = await emulate({}, () => clock.nowMs)
  const { wechat } = emulated
  const errors: unknown[] = []
  const keep = (options: Partial<AccessTokensOptions> = {}) =>
    createAccessTokens({
      wechat,
      apps: [bound, unbound, service],
      nowMs: () => clock.nowMs,
      onError: (error) => errors.push(error),
      ...options,
    })
  /** Any call with a token; WeChat answers it only if the token is good. */
  const use = (access_token: Secret) => getApiQuota(wechat, { access_token, cgi_path })
  const pass = (seconds: number) => {
    clock.nowMs += seconds * 1000
  }
  /** Another program makes WeChat void the token. */
  const replaceElsewhere = async () => {
    pass(31)
    await getStableAccessToken(wechat, { ...bound, force_refresh: true })
  }
  return { ...emulated, clock, errors, keep, use, pass, replaceElsewhere }
}

describe('one process', () => {
  test('[WX-13] 100 callers at once cause one request, and get one token, which is good', async () => {
    const { keep, use, countCalls } = await emulateKeepers()
    const tokens = keep()
    const got = await Promise.all(Array.from({ length: 100 }, () => tokens.get(bound.appid)))
    expect(new Set(got.map((token) => token.reveal())).size).toBe(1)
    expect(await countCalls(stable)).toBe(1)
    await expect(tokens.call(bound.appid, use)).resolves.toBeDefined()
  })

  test('each app has its own', async () => {
    const { keep } = await emulateKeepers()
    const tokens = keep({ store: openMemoryStore().store })
    const got = await Promise.all(
      [bound, unbound, service].map(async ({ appid }) => (await tokens.get(appid)).reveal()),
    )
    expect(new Set(got).size).toBe(3)
  })

  test('[WX-13] near its end the old one is served while the new one is fetched', async () => {
    const { keep, pass, control, countCalls, errors, use } = await emulateKeepers()
    const tokens = keep()
    const first = (await tokens.get(bound.appid)).reveal()
    pass(7200 - 240)
    await control('POST', '/faults', { path: stable, fault: 'hang' })
    const again = await Promise.all(Array.from({ length: 50 }, () => tokens.get(bound.appid)))
    expect(again.every((token) => token.reveal() === first)).toBe(true)
    await control('DELETE', '/faults')
    await expect.poll(async () => (await tokens.get(bound.appid)).reveal()).not.toBe(first)
    expect(await countCalls(stable)).toBe(2)
    pass(300)
    await tokens.call(bound.appid, use)
    expect(await countCalls(stable)).toBe(2)
    expect(errors).toEqual([])
  })

  test('a renewal that fails is told of, costs nobody a token, and is tried again after a pause', async () => {
    const { keep, pass, control, countCalls, errors } = await emulateKeepers()
    const tokens = keep()
    const first = (await tokens.get(bound.appid)).reveal()
    pass(7200 - 200)
    await control('POST', '/faults', { path: stable, fault: 'errcode', errcode: -1, times: 1 })
    expect((await tokens.get(bound.appid)).reveal()).toBe(first)
    await expect.poll(() => errors.length).toBe(1)
    expect(errors[0]).toMatchObject({ errcode: -1 })
    expect((await tokens.get(bound.appid)).reveal()).toBe(first)
    expect(await countCalls(stable)).toBe(2)
    pass(5)
    expect((await tokens.get(bound.appid)).reveal()).toBe(first)
    await expect.poll(async () => (await tokens.get(bound.appid)).reveal()).not.toBe(first)
    expect(await countCalls(stable)).toBe(3)
  })

  test('[WX-13] a token replaced elsewhere costs 50 callers one retry and one request', async () => {
    const { keep, use, replaceElsewhere, countCalls } = await emulateKeepers()
    const tokens = keep()
    await tokens.call(bound.appid, use)
    await replaceElsewhere()
    const before = await countCalls(stable)
    let uses = 0
    await Promise.all(
      Array.from({ length: 50 }, () =>
        tokens.call(bound.appid, (access_token) => {
          uses += 1
          return use(access_token)
        }),
      ),
    )
    expect((await countCalls(stable)) - before).toBe(1)
    expect(uses).toBeLessThanOrEqual(100)
  })

  test('who fails late with an old token does not bring a refused one back', async () => {
    const { keep, use, replaceElsewhere, countCalls, control } = await emulateKeepers()
    const tokens = keep()
    await tokens.get(bound.appid)
    let fail = () => undefined as void
    const failing = new Promise<void>((resolve) => (fail = resolve))
    let uses = 0
    const late = tokens.call(bound.appid, async (access_token) => {
      uses += 1
      await failing
      return use(access_token)
    })
    await replaceElsewhere()
    await tokens.call(bound.appid, use)
    await replaceElsewhere()
    const before = await countCalls(stable)
    await control('POST', '/faults', { path: stable, fault: 'hang' })
    const waiting = tokens.call(bound.appid, use)
    await expect.poll(() => countCalls(stable)).toBe(before + 1)
    fail()
    await new Promise((resolve) => setTimeout(resolve, 50))
    const next = tokens.get(bound.appid)
    await control('DELETE', '/faults')
    await expect(use(await next)).resolves.toBeDefined()
    await Promise.all([late, waiting])
    expect(uses).toBe(2)
  })

  test.each([40001, 40014, 42001])('%s is retried once, then told', async (errcode) => {
    const { keep, control, use, countCalls } = await emulateKeepers()
    const tokens = keep()
    const path = '/cgi-bin/openapi/quota/get'
    await control('POST', '/faults', { path, fault: 'errcode', errcode, times: 1 })
    await tokens.call(bound.appid, use)
    expect(await countCalls(path)).toBe(2)
    await control('POST', '/faults', { path, fault: 'errcode', errcode })
    const error = await catchError(WechatError, tokens.call(bound.appid, use))
    expect(error.errcode).toBe(errcode)
  })

  test('where WeChat gives the very token that it refuses, 100 failures fetch it once', async () => {
    const { keep, control, use, countCalls, pass } = await emulateKeepers()
    const tokens = keep()
    const path = '/cgi-bin/openapi/quota/get'
    await control('POST', '/faults', { path, fault: 'errcode', errcode: 40001 })
    for (let each = 0; each < 100; each += 1) {
      await catchError(WechatError, tokens.call(bound.appid, use))
    }
    expect(await countCalls(stable)).toBe(2)
    pass(5)
    await catchError(WechatError, tokens.call(bound.appid, use))
    expect(await countCalls(stable)).toBe(3)
    await control('DELETE', '/faults')
    await expect(tokens.call(bound.appid, use)).resolves.toBeDefined()
  })

  test('what is no refusal of the token is not retried', async () => {
    const { keep, countCalls } = await emulateKeepers()
    const tokens = keep()
    let uses = 0
    const failing = async () => {
      uses += 1
      throw new WechatError('getPhoneNumber', 40029, '')
    }
    expect((await catchError(WechatError, tokens.call(bound.appid, failing))).errcode).toBe(40029)
    expect(uses).toBe(1)
    expect(await countCalls(stable)).toBe(1)
  })

  test.each([
    [40164, { ip_whitelist: ['203.0.113.9'] }],
    [40243, { secret_frozen: true }],
  ])('%s fails 100 callers with one request', async (errcode, switches) => {
    const { keep, control, countCalls } = await emulateKeepers()
    await control('PATCH', `/apps/${bound.appid}`, switches)
    const tokens = keep()
    const results = await Promise.allSettled(
      Array.from({ length: 100 }, () => tokens.get(bound.appid)),
    )
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { errcode } })
    }
    expect(await countCalls(stable)).toBe(1)
  })

  test.each([
    [40125, { secret: '0'.repeat(32) }],
    [40013, { appid: 'wx0000000000000000' }],
  ])('%s fails at once and says nothing of the secret', async (errcode, wrong) => {
    const { keep, countCalls } = await emulateKeepers()
    const app = { ...bound, ...wrong }
    const tokens = keep({ apps: [app] })
    const error = await catchError(WechatError, tokens.get(app.appid))
    expect(error).toMatchObject({ errcode, fault: 'operator' })
    expect(everythingIn(error)).not.toContain(app.secret)
    expect(everythingIn(tokens)).not.toContain(app.secret)
    expect(await countCalls(stable)).toBe(1)
  })

  test('the old family can be kept too', async () => {
    const { keep, use, countCalls, wechat, pass } = await emulateKeepers()
    const tokens = keep({ family: 'token' })
    await tokens.call(bound.appid, use)
    await getAccessToken(wechat, bound)
    pass(301)
    await tokens.call(bound.appid, use)
    expect(await countCalls('/cgi-bin/token')).toBe(3)
    expect(await countCalls(stable)).toBe(0)
  })

  test('after close() nothing is given any more', async () => {
    const { keep, use } = await emulateKeepers()
    const tokens = keep()
    await tokens.get(bound.appid)
    await tokens.close()
    for (const late of [tokens.get(bound.appid), tokens.call(bound.appid, use)]) {
      expect(await catchError(WechatTransportError, late)).toMatchObject({ kind: 'closed' })
    }
  })

  test('close() does not wait for a process that died', async () => {
    const { keep, clock } = await emulateKeepers()
    const { store } = openMemoryStore()
    const leaseUntilMs = clock.nowMs + 60_000
    const record = JSON.stringify({ epoch: 'e', ticket: 1, leaseUntilMs })
    await store.add(`wechat_access_token:${bound.appid}`, record, 1)
    const tokens = keep({ store, leaseMs: 60_000 })
    const waiting = catchError(WechatTransportError, tokens.get(bound.appid))
    await new Promise((resolve) => setTimeout(resolve, 20))
    await tokens.close()
    expect((await waiting).kind).toBe('closed')
  })
})

describe('several processes, as keepers that share a store', () => {
  test('one token serves all, and one that was renewed serves all again', async () => {
    const { keep, use, pass, countCalls } = await emulateKeepers()
    const { store } = openMemoryStore()
    const keepers = Array.from({ length: 4 }, () => keep({ store }))
    const useAll = () =>
      Promise.all(
        Array.from(
          { length: 100 },
          (_, each) =>
            keepers[each % 4]?.call(bound.appid, use) ?? Promise.reject(new Error('no keeper')),
        ),
      )
    await useAll()
    expect(await countCalls(stable)).toBe(1)
    pass(7201)
    await useAll()
    expect(await countCalls(stable)).toBe(2)
  })

  test('[WX-13] of 4 that fail with a token that was replaced elsewhere, one fetches', async () => {
    const { keep, use, replaceElsewhere, countCalls } = await emulateKeepers()
    const { store } = openMemoryStore()
    const keepers = Array.from({ length: 4 }, () => keep({ store }))
    const useAll = () => Promise.all(keepers.map((tokens) => tokens.call(bound.appid, use)))
    await useAll()
    await replaceElsewhere()
    const before = await countCalls(stable)
    await useAll()
    expect((await countCalls(stable)) - before).toBe(1)
  })

  test('a dead token out of the store is no use, and one more retry is', async () => {
    const { keep, use, replaceElsewhere, pass } = await emulateKeepers()
    const { store } = openMemoryStore()
    const [one, other] = [keep({ store }), keep({ store })]
    await one.call(bound.appid, use)
    await replaceElsewhere()
    await other.call(bound.appid, use)
    await replaceElsewhere()
    pass(1)
    await expect(one.call(bound.appid, use)).resolves.toBeDefined()
  })

  test('the refused token, stored once more from before the refusal, is no replacement', async () => {
    const { keep, use, replaceElsewhere, countCalls } = await emulateKeepers()
    const { store, values } = openMemoryStore()
    const [one, other] = [keep({ store }), keep({ store })]
    await one.call(bound.appid, use)
    values.clear()
    await other.call(bound.appid, use)
    await replaceElsewhere()
    const before = await countCalls(stable)
    await Promise.all([one.call(bound.appid, use), other.call(bound.appid, use)])
    expect((await countCalls(stable)) - before).toBe(1)
  })

  test('tokens stand sealed where there is a seal, and open for their own app only', async () => {
    const { keep, use, countCalls } = await emulateKeepers()
    const { store, values } = openMemoryStore()
    const seal = (text: string) => Buffer.from(text).toString('hex')
    const open = async (sealed: string) => Buffer.from(sealed, 'hex').toString()
    const token = (await keep({ store, seal, open }).get(bound.appid)).reveal()
    expect([...values.values()].join()).not.toContain(token)
    expect((await keep({ store, seal, open }).get(bound.appid)).reveal()).toBe(token)
    expect(await countCalls(stable)).toBe(1)
    // Somebody who can write to the store gives one app's token to another.
    values.set(
      `wechat_access_token:${unbound.appid}`,
      values.get(`wechat_access_token:${bound.appid}`) ?? '',
    )
    const tokens = keep({ store, seal, open })
    expect((await tokens.get(unbound.appid)).reveal()).not.toBe(token)
    await expect(tokens.call(unbound.appid, use)).resolves.toBeDefined()
  })

  test('what does not open counts as none, and is told of', async () => {
    const { keep, countCalls, errors } = await emulateKeepers()
    const { store } = openMemoryStore()
    const seal = (text: string) => text
    const open = () => {
      throw new Error('another key')
    }
    await keep({ store }).get(bound.appid)
    await keep({ store, seal, open }).get(bound.appid)
    expect(await countCalls(stable)).toBe(2)
    expect(errors.length).toBeGreaterThan(0)
  })

  test.each([
    '',
    'none',
    '{}',
    '[]',
    '{"epoch":1}',
    '{"epoch":"e","ticket":1,"leaseUntilMs":0,"token":5}',
  ])('what is none of ours, such as %j, is written over', async (text) => {
    const { keep, use, countCalls } = await emulateKeepers()
    const { store, values } = openMemoryStore()
    values.set(`wechat_access_token:${bound.appid}`, text)
    await keep({ store }).call(bound.appid, use)
    await keep({ store }).call(bound.appid, use)
    expect(await countCalls(stable)).toBe(1)
  })

  test('a store that fails is done without', async () => {
    const { keep, use, countCalls, errors } = await emulateKeepers()
    const fail = async () => {
      throw new Error('store is down')
    }
    const tokens = keep({ store: { get: fail, add: fail, replace: fail } })
    await tokens.call(bound.appid, use)
    await tokens.call(bound.appid, use)
    expect(await countCalls(stable)).toBe(1)
    expect(errors).toHaveLength(1)
  })

  test('a store that fails after the fetch costs the others a request, not this one a token', async () => {
    const { keep, use, errors } = await emulateKeepers()
    const { store } = openMemoryStore()
    let adds = 0
    const replace = async () => {
      adds += 1
      throw new Error('store is down')
    }
    await keep({ store: { ...store, replace } }).call(bound.appid, use)
    expect(adds).toBe(1)
    expect(errors).toHaveLength(1)
  })

  test('a failed fetch gives the lease back: the next one does not wait', async () => {
    const { keep, control, use } = await emulateKeepers()
    const { store } = openMemoryStore()
    const sleep = async () => {
      throw new Error('nobody should wait')
    }
    await control('POST', '/faults', { path: stable, fault: 'errcode', errcode: -1, times: 1 })
    await catchError(WechatError, keep({ store, sleep }).get(bound.appid))
    await expect(keep({ store, sleep }).call(bound.appid, use)).resolves.toBeDefined()
  })
})

describe('options', () => {
  test.each([
    ['lease', { lease: 5 }],
    ['leaseMs', { leaseMs: 99 }],
    ['leaseMs', { leaseMs: 60_001 }],
    ['renewAheadSeconds', { renewAheadSeconds: 3601 }],
    ['renewAheadSeconds', { renewAheadSeconds: -1 }],
    ['family', { family: 'plain' }],
    ['open', { seal: (text: string) => text }],
    ['prefix', { prefix: 'a b' }],
    ['appid', { apps: [{ appid: '', secret: 's' }] }],
    ['secret', { apps: [{ appid: 'wx1', secret: '' }] }],
  ])('a wrong %s, as in %j, is refused', async (parameter, wrong) => {
    const { wechat } = await emulate()
    const error = catchSyncError(WechatInputError, () => {
      callWith(createAccessTokens, { wechat, apps: [bound], ...wrong })
    })
    expect(error.parameter).toBe(parameter)
  })

  test('an app that is not kept is refused', async () => {
    const { wechat } = await emulate()
    const tokens = createAccessTokens({ wechat, apps: [bound] })
    const error = await catchError(WechatInputError, tokens.get(unbound.appid))
    expect(error.parameter).toBe('appid')
  })
})
