import { describe, expect, it } from 'vitest'
import { encodeBase32, findStep, totpCode, totpStep, totpUrl } from '../../src/admin/totp.ts'
import { decodeBase32 } from '../support/administrators.ts'

/** The secret of both RFCs' test vectors. */
const secret = Buffer.from('12345678901234567890')

describe('the authenticator’s codes', () => {
  it.each([
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ])('are those of RFC 6238 appendix B at %d s', (seconds, code) => {
    expect(totpCode(secret, totpStep(seconds * 1000), 8)).toBe(code)
  })

  it.each([
    '755224',
    '287082',
    '359152',
    '969429',
    '338314',
    '254676',
    '287922',
    '162583',
    '399871',
    '520489',
  ])('are those of RFC 4226 appendix D: %s', (code) => {
    const steps = Array.from({ length: 10 }, (_, step) => totpCode(secret, step))
    expect(steps).toContain(code)
    expect(steps[0]).toBe('755224')
    expect(steps[9]).toBe('520489')
  })

  it('count for the step before and the step after, and for no other', () => {
    const nowMs = 1_111_111_109_000
    const now = totpStep(nowMs)
    const found = [-2, -1, 0, 1, 2].map((by) => findStep(secret, totpCode(secret, now + by), nowMs))
    expect(found).toEqual([undefined, now - 1, now, now + 1, undefined])
    for (const typed of ['', '12345', '1234567', 'abcdef', '１２３４５６']) {
      expect(findStep(secret, typed, nowMs)).toBeUndefined()
    }
  })
})

it.each([
  ['', ''],
  ['f', 'MY'],
  ['fo', 'MZXQ'],
  ['foo', 'MZXW6'],
  ['foob', 'MZXW6YQ'],
  ['fooba', 'MZXW6YTB'],
  ['foobar', 'MZXW6YTBOI'],
])('base32 of %o is %o, as in RFC 4648 section 10', (text, encoded) => {
  expect(encodeBase32(Buffer.from(text))).toBe(encoded)
})

it('the authenticator reads the secret and the host from the URL', () => {
  const url = new URL(totpUrl(secret, 'auth.example.com:8443'))
  expect([url.protocol, url.host]).toEqual(['otpauth:', 'totp'])
  expect(decodeURIComponent(url.pathname)).toBe('/Kaimen:auth.example.com:8443')
  expect(url.searchParams.get('issuer')).toBe('Kaimen')
  const read = decodeBase32(url.searchParams.get('secret') ?? '')
  expect(Buffer.from(read)).toEqual(secret)
})
