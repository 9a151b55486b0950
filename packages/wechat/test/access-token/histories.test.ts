import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  createAccessTokens,
  getApiQuota,
  getStableAccessToken,
  WechatError,
} from '../../src/index.ts'
import type { Secret, TokenStore } from '../../src/index.ts'
import { bound, emulate } from '../support/emulate.ts'
import { openMemoryStore } from '../support/memory-store.ts'

const stable = '/cgi-bin/stable_token'
const keepers = 3

type Step =
  | { readonly do: 'use'; readonly by: readonly number[] }
  | { readonly do: 'crash'; readonly who: number; readonly atVerb: number }
  | { readonly do: 'restart'; readonly who: number }
  | { readonly do: 'replace elsewhere' | 'fail' | 'lose the store' }
  | { readonly do: 'pass'; readonly seconds: number }

const who = fc.nat({ max: keepers - 1 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('use' as const),
      by: fc.array(who, { minLength: 1, maxLength: 9 }),
    }),
  },
  fc.record({ do: fc.constant('crash' as const), who, atVerb: fc.nat({ max: 3 }) }),
  fc.record({ do: fc.constant('restart' as const), who }),
  fc.record({
    do: fc.constantFrom('replace elsewhere' as const, 'fail' as const, 'lose the store' as const),
  }),
  fc.record({
    do: fc.constant('pass' as const),
    seconds: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 9000 })),
  }),
)

/** A store of one process, which can die: from a verb on nothing comes back. */
function mortal(store: TokenStore) {
  let verbsLeft = Infinity
  const live = async <T>(act: () => Promise<T>): Promise<T> => {
    verbsLeft -= 1
    return verbsLeft < 0 ? new Promise<T>(() => undefined) : act()
  }
  return {
    store: {
      get: (key) => live(() => store.get(key)),
      add: (key, value, ttlMs) => live(() => store.add(key, value, ttlMs)),
      replace: (key, expected, value, ttlMs) =>
        live(() => store.replace(key, expected, value, ttlMs)),
    } satisfies TokenStore,
    dieAt(verb: number) {
      verbsLeft = verb
    },
    get isDead() {
      return verbsLeft < 0
    },
  }
}

test('[WX-13] whatever happens, every call is answered, and WeChat is asked once for each cause', async () => {
  const clock = { nowMs: Date.now() }
  const { wechat, control } = await emulate({}, () => clock.nowMs)
  const asks = { count: 0, underWay: 0, waiting: 0 }
  const counted = {
    ...wechat,
    async call(request: Parameters<typeof wechat.call>[0]) {
      asks.count += 1
      asks.underWay += 1
      try {
        return await wechat.call(request)
      } finally {
        asks.underWay -= 1
      }
    },
  }

  async function run(steps: readonly Step[]): Promise<void> {
    await control('POST', '/reset')
    await control('DELETE', '/faults')
    const { store, values } = openMemoryStore()
    const start = () => {
      const life = mortal(store)
      const tokens = createAccessTokens({
        wechat: counted,
        apps: [bound],
        store: life.store,
        nowMs: () => clock.nowMs,
        async sleep(milliseconds) {
          asks.waiting += 1
          await new Promise((resolve) => setTimeout(resolve, 1))
          asks.waiting -= 1
          // Time passes for those who wait for the dead; a request takes none.
          if (asks.underWay === 0) clock.nowMs += milliseconds
        },
      })
      return { life, tokens }
    }
    const running = Array.from({ length: keepers }, start)
    const use = (access_token: Secret) =>
      getApiQuota(wechat, { access_token, cgi_path: '/wxa/getwxacodeunlimit' })

    // The model: how many requests there is a cause for.
    let causes = 0
    // Whether whoever holds no token finds none in the store either.
    let bare = true
    let failing = false
    let replaced = 0

    for (const each of steps) {
      const before = asks.count
      if (each.do === 'use') {
        const results = await Promise.allSettled(
          each.by.map(async (index) => running[index]?.tokens.call(bound.appid, use)),
        )
        await settle()
        for (const result of results) {
          if (result.status === 'fulfilled') continue
          expect(failing).toBe(true)
          expect(result.reason).toBeInstanceOf(WechatError)
          expect(result.reason).toMatchObject({ errcode: -1 })
        }
        const used = asks.count - before
        // A fault that was met leaves its cause in place, once for each process that waited.
        const allowed = causes + Number(bare) + (failing ? keepers : 0)
        expect(used).toBeLessThanOrEqual(allowed)
        const isAnswered = results.every(({ status }) => status === 'fulfilled')
        if (used > 0) {
          causes = failing ? 1 + keepers : 0
          bare &&= !isAnswered
          failing = false
        }
        if (isAnswered) causes = 0
      } else if (each.do === 'crash') {
        const { life, tokens } = running[each.who] ?? start()
        life.dieAt(each.atVerb)
        void tokens.call(bound.appid, use).catch(() => undefined)
        await settle()
        running[each.who] = start()
        // It may have asked in vain, and another has to ask again.
        causes += 1
        if (asks.count > before) failing = false
      } else if (each.do === 'restart') {
        running[each.who] = start()
      } else if (each.do === 'pass') {
        clock.nowMs += each.seconds * 1000
        causes += 1
      } else if (each.do === 'lose the store') {
        values.clear()
        bare = true
      } else if (each.do === 'fail') {
        await control('POST', '/faults', { path: stable, fault: 'errcode', errcode: -1, times: 1 })
        failing = true
      } else if (replaced < 15) {
        replaced += 1
        clock.nowMs += 31_000
        await control('DELETE', '/faults')
        failing = false
        await getStableAccessToken(wechat, { ...bound, force_refresh: true })
        causes += 1
      }
    }
    await control('DELETE', '/faults')
    clock.nowMs += 6000
    await Promise.all(running.map(async ({ tokens }) => tokens.call(bound.appid, use)))
    await Promise.all(running.map(async ({ tokens }) => tokens.close()))
  }

  /** Until what goes on in the background has gone as far as it goes. */
  async function settle(): Promise<void> {
    for (let last = -1; last !== asks.count || asks.underWay + asks.waiting > 0;) {
      last = asks.count
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 20 }), run), { numRuns: 60 })
}, 120_000)
