import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readKeyRing, type KeyRing } from '../src/key-ring.ts'
import { systemRandom } from '../src/random.ts'
import { isStale, open, seal, type Place } from '../src/seal.ts'

const one = randomBytes(32).toString('base64url')
const two = randomBytes(32).toString('base64url')
const ring = openRing(`1:${one}`)
const rolled = openRing(`2:${two},1:${one}`)
const place: Place = { table: 'identities', row: 'app/openid', column: 'session_key' }

function openRing(text: string): KeyRing {
  const read = readKeyRing(text)
  if (typeof read === 'string') throw new Error(read)
  return read
}

describe('a sealed value', () => {
  it('opens to what was sealed, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(open(ring, place, seal(ring, systemRandom, place, text))).toBe(text)
      }),
    )
  })

  it('[CR-1] opens in no other row, column or table', () => {
    const sealed = seal(ring, systemRandom, place, 'text')
    for (const other of [
      { ...place, row: 'app/another' },
      { ...place, column: 'other' },
      { ...place, table: 'other' },
      // The same letters, cut elsewhere.
      { table: 'identities', row: 'app', column: '/openid session_key' },
    ]) {
      expect(open(ring, other, sealed)).toBeUndefined()
    }
  })

  it('[CR-1] opens to nothing when any bit of it is changed', () => {
    const sealed = seal(ring, systemRandom, place, 'text')
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Uint8Array.from(sealed)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(open(ring, place, changed)).toBeUndefined()
    }
  })

  it('opens to nothing when it is cut or not a sealed value at all', () => {
    const sealed = seal(ring, systemRandom, place, 'text')
    for (let length = 0; length < sealed.length; length++) {
      expect(open(ring, place, sealed.subarray(0, length))).toBeUndefined()
    }
  })

  it('[CR-1] under the old secret opens while that is given, and is known as stale', () => {
    const old = seal(ring, systemRandom, place, 'text')
    expect(open(rolled, place, old)).toBe('text')
    expect(isStale(rolled, old)).toBe(true)
    const fresh = seal(rolled, systemRandom, place, 'text')
    expect(isStale(rolled, fresh)).toBe(false)
    expect(open(ring, place, fresh)).toBeUndefined()
  })

  it('is never the same twice', () => {
    const sealed = Array.from({ length: 100 }, () => seal(ring, systemRandom, place, 'text'))
    expect(new Set(sealed.map((each) => Buffer.from(each).toString('hex'))).size).toBe(100)
  })
})
