import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countUp, formatId, parseId } from '../src/id.ts'
import { systemRandom } from '../src/random.ts'
import { testClock } from './support/clock.ts'

describe('an id', () => {
  it('reads back as the number it was written for, and as its own kind only', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (id) => {
        expect(formatId('usr', id)).toMatch(/^usr_[0-9a-z]{11}$/)
        expect(parseId('usr', formatId('usr', id))).toBe(id)
        expect(parseId('ses', formatId('usr', id))).toBeUndefined()
      }),
    )
  })

  it('is nothing when it was not written here', () => {
    for (const text of [
      '',
      'usr_',
      'usr_0',
      'usr_zzzzzzzzzzz',
      'USR_00000000000',
      'usr_0000000000w',
      'usr_00000000000 ',
    ]) {
      expect(parseId('usr', text)).toBeUndefined()
    }
  })

  it('grows, also within a millisecond, when the clock is set back, and past what a millisecond holds', () => {
    const clock = testClock()
    const next = countUp(clock, systemRandom)
    const ids = Array.from({ length: 10_000 }, (_, i) => {
      if (i === 5000) clock.advance(-60_000)
      if (i === 8000) clock.advance(120_000)
      return next()
    })
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b))
    expect(ids.every(Number.isSafeInteger)).toBe(true)
  })
})
