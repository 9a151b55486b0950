import { describe, expect, test } from 'vitest'
import { createAccessTokens } from '../../src/index.ts'
import type { TokenStore } from '../../src/index.ts'
import { openMemoryStore } from '../support/memory-store.ts'
import { connect, serve } from '../support/serve.ts'

const appid = 'wx1'
const key = `wechat_access_token:${appid}`
const leaseMs = 1000

/** WeChat whose every answer is given by hand, and processes on one clock around one store. */
async function stage() {
  const clock = { nowMs: 1_700_000_000_000, runs: false }
  const { store, values } = openMemoryStore()
  const asked: ((access_token: string) => void)[] = []
  const baseUrl = await serve((request, response) => {
    request.resume()
    asked.push((access_token) => response.end(JSON.stringify({ access_token, expires_in: 7200 })))
  })
  const wechat = connect(baseUrl, { timeoutMs: 20_000 })

  /** A process; its store can be made to stop before a verb. */
  function start(shared: TokenStore = store) {
    const tokens = createAccessTokens({
      wechat,
      apps: [{ appid, secret: 's' }],
      store: shared,
      leaseMs,
      nowMs: () => clock.nowMs,
      async sleep(milliseconds) {
        await new Promise((resolve) => setTimeout(resolve, 1))
        if (clock.runs) clock.nowMs += milliseconds
      },
    })
    return async () => (await tokens.get(appid)).reveal()
  }

  /** The `count`th request that reaches WeChat. */
  async function request(count: number) {
    await expect.poll(() => asked.length).toBeGreaterThanOrEqual(count)
    const answer = asked[count - 1]
    if (answer === undefined) throw new Error('no request')
    return answer
  }

  return { clock, store, values, start, request, count: () => asked.length }
}

/** Holds a verb of the store up: `reached` when somebody is there, until `go` is called. */
function pausePoint(store: TokenStore, verb: 'add' | 'replace', when: (value: string) => boolean) {
  let reach = () => undefined as void
  let go = () => undefined as void
  const reached = new Promise<void>((resolve) => (reach = resolve))
  const gone = new Promise<void>((resolve) => (go = resolve))
  const hold = async (value: string) => {
    if (!when(value)) return
    reach()
    await gone
  }
  const paused: TokenStore = {
    ...store,
    async add(k, value, ttlMs) {
      if (verb === 'add') await hold(value)
      return store.add(k, value, ttlMs)
    },
    async replace(k, expected, value, ttlMs) {
      if (verb === 'replace') await hold(value)
      return store.replace(k, expected, value, ttlMs)
    },
  }
  return { store: paused, reached, go: () => go() }
}

describe('an older token never takes the place of a newer one', () => {
  test('when its reply comes after the lease', async () => {
    const { start, request, clock, values } = await stage()
    const slow = start()()
    const answerSlow = await request(1)
    clock.nowMs += leaseMs
    const quick = start()()
    ;(await request(2))('second')
    expect(await quick).toBe('second')
    answerSlow('first')
    expect(await slow).toBe('second')
    expect(values.get(key)).toContain('second')
    expect(await start()()).toBe('second')
  })

  test('when it stands still between the reply and the store', async () => {
    const { start, request, clock, store, values } = await stage()
    const point = pausePoint(store, 'replace', (value) => value.includes('first'))
    const slow = start(point.store)()
    ;(await request(1))('first')
    await point.reached
    clock.nowMs += leaseMs
    const quick = start()()
    ;(await request(2))('second')
    expect(await quick).toBe('second')
    point.go()
    expect(await slow).toBe('second')
    expect(values.get(key)).toContain('second')
  })

  test('when the store loses everything meanwhile', async () => {
    const { start, request, clock, values } = await stage()
    const slow = start()()
    const answerSlow = await request(1)
    clock.nowMs += leaseMs
    values.clear()
    const quick = start()()
    ;(await request(2))('second')
    expect(await quick).toBe('second')
    answerSlow('first')
    expect(await slow).toBe('second')
    expect(values.get(key)).toContain('second')
  })
})

test('of two that stand before the same empty store, one fetches', async () => {
  const { start, request, store, count } = await stage()
  const point = pausePoint(store, 'add', () => true)
  const late = start(point.store)()
  await point.reached
  const early = start()()
  const answer = await request(1)
  point.go()
  answer('first')
  expect(await Promise.all([early, late])).toEqual(['first', 'first'])
  expect(count()).toBe(1)
})

test('a token that comes late is stored while a later ticket is still out, whose lease stays', async () => {
  const { start, request, clock, values } = await stage()
  const slow = start()()
  const answerSlow = await request(1)
  clock.nowMs += leaseMs
  const quick = start()()
  const answerQuick = await request(2)
  const { leaseUntilMs } = JSON.parse(values.get(key) ?? '')
  answerSlow('first')
  expect(await slow).toBe('first')
  expect(JSON.parse(values.get(key) ?? '')).toMatchObject({ ticket: 2, leaseUntilMs })
  answerQuick('second')
  expect(await quick).toBe('second')
  expect(JSON.parse(values.get(key) ?? '')).toMatchObject({ ticket: 2, leaseUntilMs: 0 })
  expect(values.get(key)).toContain('second')
})

test('a holder whose clock runs ahead is waited for twice the lease at most', async () => {
  const { start, request, clock, values } = await stage()
  const leaseUntilMs = clock.nowMs + 3_600_000
  values.set(key, JSON.stringify({ epoch: 'e', ticket: 1, leaseUntilMs }))
  const beganMs = clock.nowMs
  clock.runs = true
  const waiting = start()()
  ;(await request(1))('own')
  expect(await waiting).toBe('own')
  expect(clock.nowMs - beganMs).toBeLessThanOrEqual(2 * leaseMs)
})
