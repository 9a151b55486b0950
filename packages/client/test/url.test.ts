import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { originOf, resolveUrl } from '../src/url.ts'

describe('originOf', () => {
  it.each([
    ['https://a.example.com', 'https://a.example.com'],
    ['https://A.Example.com:443/x?y#z', 'https://a.example.com'],
    ['http://127.0.0.1:4100/v1', 'http://127.0.0.1:4100'],
    ['http://a.example.com:80', 'http://a.example.com'],
    ['https://a.example.com:80', 'https://a.example.com:80'],
    ['http://[::1]:4100/', 'http://[::1]:4100'],
  ])('%s is of %s', (url, origin) => {
    expect(originOf(url)).toBe(origin)
  })

  it.each([
    'https://a.example.com@evil.example',
    'https://a.example.com:443@evil.example/',
    'https://a.example.com\\@evil.example/',
    'https://a.example.com\\.evil.example/',
    'https:\\\\a.example.com',
    'https:/a.example.com',
    ' https://a.example.com',
    'https://a.example.com\n.evil.example',
    'https://a.example.com/\t',
    'https://',
    'https:///a.example.com',
    'ftp://a.example.com',
    'javascript:https://a.example.com',
    'https://a.example.com%2eevil.example',
    'https://ａ.example.com',
  ])('%j is of no origin that a token could go to', (url) => {
    expect(originOf(url)).toBeUndefined()
  })

  it('never takes another host for ours than a browser’s parser would reach', () => {
    const pieces =
      'https: http: / // \\ @ : 443 8 . a.example evil.example ? # % [::1] x - HTTPS: A.Example'
    const piece = fc.constantFrom(...pieces.split(' '), ' ', '\t', '\n')
    let ours = 0
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 10 }), (parts) => {
        const url = resolveUrl('https://a.example', parts.join(''))
        if (originOf(url) !== 'https://a.example') return
        ours++
        expect(new URL(url).origin).toBe('https://a.example')
      }),
      { numRuns: 5000 },
    )
    expect(ours).toBeGreaterThan(1000)
  })
})

describe('resolveUrl', () => {
  it.each([
    ['/v1/me', 'https://a.example/auth/v1/me'],
    ['v1/me', 'https://a.example/auth/v1/me'],
    ['//evil.example/x', 'https://a.example/auth/evil.example/x'],
    ['.evil.example', 'https://a.example/auth/.evil.example'],
    ['@evil.example', 'https://a.example/auth/@evil.example'],
    ['https://b.example/x', 'https://b.example/x'],
  ])('%s becomes %s', (url, resolved) => {
    expect(resolveUrl('https://a.example/auth', url)).toBe(resolved)
  })
})
