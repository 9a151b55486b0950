import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createVerifier, VerifyError } from '../src/index.ts'
import { makeKey, makeToken, page } from './support/issuer.ts'

const issuer = 'https://auth.example.com'
const startMs = Date.UTC(2026, 0, 15, 8)
const keys = [makeKey('key-0'), makeKey('key-1'), makeKey('key-2')] as const
const unknown = makeKey('unknown')

type Issued = {
  text: string
  sid: string
  key: number
  app: string
  startedAt: number
  exp: number
}

const step = fc.oneof(
  fc.record({
    do: fc.constant('sign' as const),
    key: fc.nat(2),
    life: fc.integer({ min: 60, max: 3600 }),
    age: fc.nat(5000),
    app: fc.constantFrom('wx-a', 'wx-b'),
  }),
  fc.record({ do: fc.constant('end' as const), which: fc.nat() }),
  fc.record({ do: fc.constant('cut' as const), app: fc.constantFrom('wx-a', 'wx-b', null) }),
  fc.record({ do: fc.constant('publish' as const), set: fc.integer({ min: 1, max: 7 }) }),
  fc.record({ do: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 2000 }) }),
)

/** A world of one server and one verifier, and beside it what ought to be true. */
function openHistory(cacheSize: number) {
  let nowMs = startMs
  let published = new Set([0])
  const ended = new Set<string>()
  const cutoffs = new Map<string | null, number>()
  let tell: ((response: Response) => void) | undefined
  let fetches = 0

  const verifier = createVerifier({
    issuer,
    cacheSize,
    credential: 'kmc_test-credential',
    clock: {
      now: () => nowMs,
      // The feed does not pause, and the keys are fetched again only when a token asks.
      sleep: async (ms, signal) => {
        if (ms <= 5000) await setImmediate()
        else await new Promise((resolve) => signal.addEventListener('abort', resolve))
      },
    },
    fetch: async (url, { signal }) => {
      if (url.endsWith('/jwks.json')) {
        fetches += 1
        return Response.json({ keys: [...published].map((index) => keys[index]?.jwk) })
      }
      if (url.includes('wait=0')) return respond([])
      return new Promise((resolve, reject) => {
        tell = resolve
        signal?.addEventListener('abort', () => reject(new Error('aborted')))
      })
    },
  })

  function respond(sessionIds: string[]): Response {
    const list = [...cutoffs].map(([app_id, at]) => ({ app_id, at: new Date(at).toISOString() }))
    return new Response(page(sessionIds, 'c', list).body, {
      headers: { 'content-type': 'application/json' },
    })
  }

  const isAsked = () => tell !== undefined

  /** Tells what is new, and waits until the verifier asks for more. */
  async function push(sessionIds: string[]) {
    while (!isAsked()) await setImmediate()
    const answer = tell
    tell = undefined
    answer?.(respond(sessionIds))
    while (!isAsked()) await setImmediate()
  }

  function expected({ sid, key, app, startedAt, exp }: Issued): string {
    if (!published.has(key)) return 'token_invalid'
    if (nowMs >= (exp + 30) * 1000) return 'token_expired'
    const cutMs = Math.max(cutoffs.get(app) ?? 0, cutoffs.get(null) ?? 0)
    return ended.has(sid) || startedAt * 1000 < cutMs ? 'session_ended' : 'taken'
  }

  async function outcome(text: string): Promise<string> {
    try {
      await verifier.verify(text)
      return 'taken'
    } catch (error) {
      if (!(error instanceof VerifyError)) throw error
      return error.code
    }
  }

  return {
    now: () => nowMs,
    outcome,
    expected,
    fetches: () => fetches,
    ready: () => verifier.ready(),
    close: () => verifier.close(),
    wait: (seconds: number) => void (nowMs += seconds * 1000),
    async end(sid: string) {
      ended.add(sid)
      await push([sid])
    },
    async cut(app: string | null) {
      cutoffs.set(app, Math.ceil(nowMs / 1000) * 1000)
      await push([])
    },
    async publish(set: number) {
      published = new Set([0, 1, 2].filter((index) => set & (1 << index)))
      nowMs += 30_000
      await outcome(makeToken(unknown, { issuer, nowMs }))
    },
  }
}

it('[TK-5] [TK-7] [SE-5] over any history of keys, sessions and time, a token is taken exactly while it is good, seen before or not', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.constantFrom(0, 4, 1000),
      async (steps, cacheSize) => {
        const history = openHistory(cacheSize)
        const issued: Issued[] = []
        try {
          await history.ready()
          for (const each of steps) {
            if (each.do === 'wait') history.wait(each.seconds)
            else if (each.do === 'cut') await history.cut(each.app)
            else if (each.do === 'publish') await history.publish(each.set)
            else if (each.do === 'end') {
              const whose = issued[each.which % Math.max(1, issued.length)]
              if (whose) await history.end(whose.sid)
            } else {
              const iat = Math.floor(history.now() / 1000)
              const [exp, startedAt] = [iat + each.life, iat - each.age]
              const sid = `ses_${String(issued.length + 1).padStart(11, '0')}`
              const key = keys[each.key] ?? unknown
              const claims = { sid, exp, auth_time: startedAt, client_id: each.app }
              const text = makeToken(key, { issuer, nowMs: history.now(), ...claims })
              issued.push({ text, sid, key: each.key, app: each.app, startedAt, exp })
            }
            for (const token of issued) {
              expect(await history.outcome(token.text)).toBe(history.expected(token))
            }
          }
          const seconds = (history.now() - startMs) / 1000
          expect(history.fetches()).toBeLessThanOrEqual(1 + Math.floor(seconds / 30))
        } finally {
          history.close()
        }
      },
    ),
    { numRuns: 60 },
  )
})
