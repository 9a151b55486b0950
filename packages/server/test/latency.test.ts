import { expect, it } from 'vitest'
import { watchLatency } from '../src/http/latency.ts'

const minuteMs = 60_000

function watch() {
  let now = 0
  const latency = watchLatency({ now: () => now })
  const answer = (ms: number) => () => {
    now += ms
    return Promise.resolve(new Response())
  }
  return {
    ...latency,
    take: (route: 'token' | 'me' | 'jwks', ms: number) => latency.measure(route, answer(ms))(),
    pass(ms: number) {
      now += ms
    },
  }
}

it('tells half and 95 of 100 of the latest requests of a kind', async () => {
  const { take, read } = watch()
  for (let ms = 1; ms <= 100; ms++) await take('token', ms)
  await take('me', 7)
  expect(read()).toEqual([
    { kind: 'refresh', count: 100, median_ms: 50, p95_ms: 95 },
    { kind: 'check', count: 1, median_ms: 7, p95_ms: 7 },
  ])
})

it('forgets what is older than 15 minutes, and all but the latest 1,024', async () => {
  const { take, read, pass } = watch()
  await take('me', 500)
  for (let round = 0; round < 1024; round++) await take('token', 900)
  for (let round = 0; round < 1024; round++) await take('token', 1)
  pass(14 * minuteMs)
  await take('me', 3)
  pass(minuteMs)
  expect(read()).toEqual([{ kind: 'check', count: 1, median_ms: 3, p95_ms: 3 }])
})

it('keeps the latest alone where there are more than it keeps', async () => {
  const { take, read } = watch()
  for (let round = 0; round < 1024; round++) await take('token', 100)
  for (let round = 0; round < 1000; round++) await take('token', 1)
  expect(read()).toEqual([{ kind: 'refresh', count: 1024, median_ms: 1, p95_ms: 1 }])
})

it('measures what fails as well, and leaves other routes as they are', async () => {
  const { measure, read } = watch()
  const failing = measure('me', () => Promise.reject(new Error('away')))
  await expect(failing()).rejects.toThrow('away')
  const handle = () => Promise.resolve(new Response())
  expect(measure('jwks', handle)).toBe(handle)
  expect(read()).toEqual([{ kind: 'check', count: 1, median_ms: 0, p95_ms: 0 }])
})
