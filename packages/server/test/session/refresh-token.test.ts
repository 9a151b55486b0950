import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readKeyRing, type KeyRing } from '../../src/key-ring.ts'
import { mintRefreshToken, readRefreshToken } from '../../src/session/refresh-token.ts'

const [one, two, three] = [randomText(), randomText(), randomText()]
const ring = openRing(`1:${one}`)
const rolled = openRing(`2:${two},1:${one}`)
const foreign = openRing(`1:${three}`)
const claim = { session_id: 314_159_265_358_979, generation: 7 }

function randomText(): string {
  return randomBytes(32).toString('base64url')
}

function openRing(text: string): KeyRing {
  const read = readKeyRing(text)
  if (typeof read === 'string') throw new Error(read)
  return read
}

describe('a refresh token', () => {
  it('[SE-1] has a prefix for secret scanners, and a 256-bit MAC', () => {
    expect(mintRefreshToken(ring, claim)).toMatch(/^kmr_[A-Za-z0-9_-]{63}$/)
  })

  it('reads back as the session and generation that it was minted for', () => {
    const claims = fc.record({
      session_id: fc.maxSafeNat(),
      generation: fc.integer({ min: 0, max: 0xffff_ffff }),
    })
    fc.assert(
      fc.property(claims, (any) => {
        expect(readRefreshToken(ring, mintRefreshToken(ring, any))).toEqual(any)
      }),
    )
  })

  it('[RT-3] is the same text whenever it is minted', () => {
    expect(mintRefreshToken(ring, claim)).toBe(mintRefreshToken(ring, claim))
  })

  it('minted under the old secret is read while that secret is still given', () => {
    const old = mintRefreshToken(ring, claim)
    expect(readRefreshToken(rolled, old)).toEqual(claim)
    expect(mintRefreshToken(rolled, claim)).not.toBe(old)
    expect(readRefreshToken(ring, mintRefreshToken(rolled, claim))).toBeUndefined()
  })

  it('of another server is nothing', () => {
    expect(readRefreshToken(foreign, mintRefreshToken(ring, claim))).toBeUndefined()
  })

  it('with any one character changed is nothing', () => {
    const token = mintRefreshToken(ring, claim)
    const replacements = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (let at = 4; at < token.length; at++) {
      for (const character of replacements) {
        if (character === token[at]) continue
        const changed = token.slice(0, at) + character + token.slice(at + 1)
        expect(readRefreshToken(ring, changed)).toBeUndefined()
      }
    }
  })

  it('cut, extended, in other letters or without its prefix is nothing', () => {
    const token = mintRefreshToken(ring, claim)
    for (const text of [
      '',
      token.slice(4),
      token.slice(0, -1),
      `${token}A`,
      `${token}=`,
      ` ${token}`,
      token.toUpperCase(),
      token.replace('kmr_', 'kmt_'),
      `kmr_${'A'.repeat(63)}`,
    ]) {
      expect(readRefreshToken(ring, text)).toBeUndefined()
    }
  })
})
