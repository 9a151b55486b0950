import fc from 'fast-check'
import { expect, it } from 'vitest'
import { remember } from '../src/remember.ts'

it('over any history the last so many are remembered, and no more than twice as many', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(fc.nat(30)), (size, history) => {
      const memory = remember<number>(size)
      const asked: number[] = []
      for (const n of history) {
        const before = new Set(asked.toReversed().slice(0, size))
        const held = memory.get(`token ${n}`)
        expect(held === undefined || held === n).toBe(true)
        if (before.has(n)) expect(held).toBe(n)
        if (held === undefined) memory.set(`token ${n}`, n)
        asked.push(n)
      }
      const kept = [...new Set(history)].filter((n) => memory.get(`token ${n}`) !== undefined)
      expect(kept.length).toBeLessThanOrEqual(2 * size)
    }),
  )
})

it('of a million that come once each no more than twice the size are left', () => {
  const memory = remember<number>(1000)
  for (let n = 0; n < 1_000_000; n++) memory.set(`token ${n}`, n)
  let kept = 0
  for (let n = 0; n < 999_000; n++) if (memory.get(`token ${n}`) !== undefined) kept += 1
  expect(kept).toBeLessThanOrEqual(2000)
  expect(memory.get('token 999999')).toBe(999_999)
})
