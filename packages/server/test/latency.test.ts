import { expect, it } from 'vitest'
import { watchLatency } from '../src/http/latency.ts'

const minuteMs = 60_000

function watch() {
  let now = 0
  const latency = watchLatency({ now: () => now })
  return {
    ...latency,
    take(route: 'token' | 'me' | 'jwks', ms: number) {
      now += ms
      latency.note(route, ms)
    },
    pass(ms: number) {
      now += ms
    },
  }
}

it('tells half and 95 of 100 of the latest requests of a kind', () => {
  const { take, read } = watch()
  for (let ms = 1; ms <= 100; ms++) take('token', ms)
  take('me', 7)
  expect(read()).toEqual([
    { kind: 'refresh', count: 100, median_ms: 50, p95_ms: 95 },
    { kind: 'check', count: 1, median_ms: 7, p95_ms: 7 },
  ])
})

it('forgets what is older than 15 minutes, and all but the latest 1,024', () => {
  const { take, read, pass } = watch()
  take('me', 500)
  for (let round = 0; round < 1024; round++) take('token', 900)
  for (let round = 0; round < 1024; round++) take('token', 1)
  pass(14 * minuteMs)
  take('me', 3)
  pass(minuteMs)
  expect(read()).toEqual([{ kind: 'check', count: 1, median_ms: 3, p95_ms: 3 }])
})

it('keeps the latest alone where there are more than it keeps', () => {
  const { take, read } = watch()
  for (let round = 0; round < 1024; round++) take('token', 100)
  for (let round = 0; round < 1000; round++) take('token', 1)
  expect(read()).toEqual([{ kind: 'refresh', count: 1024, median_ms: 1, p95_ms: 1 }])
})

it('keeps nothing of routes that nobody looks at', () => {
  const { take, read } = watch()
  take('jwks', 5)
  expect(read()).toEqual([])
})
