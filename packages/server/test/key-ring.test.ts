import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { readKeyRing } from '../src/key-ring.ts'

const strong = 'k3yR1ngT3st-0f-Thirty-Two-Characters!'
const other = 'an0ther-On3-0f-Thirty-Two-Characters?'

describe('KAIMEN_SECRET', () => {
  it.each([
    ['', 'secret_missing'],
    ['   ', 'secret_missing'],
    ['short', 'secret_short'],
    [`2:${strong},1:short`, 'secret_short'],
    ['a'.repeat(64), 'secret_published'],
    ['abcabcabc'.repeat(8), 'secret_published'],
    ['changeme-changeme-changeme-changeme', 'secret_published'],
    ['your-secret-here-0123456789-abcdefgh', 'secret_published'],
    [`${strong},${other}`, 'secret_malformed'],
    [`1:${strong},1:${other}`, 'secret_malformed'],
    [`0:${strong}`, 'secret_malformed'],
    [`70000:${strong}`, 'secret_malformed'],
    [`2:${strong},`, 'secret_malformed'],
    ['1:', 'secret_short'],
  ])('[AU-5] %j is refused as %s', (text, fault) => {
    expect(readKeyRing(text)).toBe(fault)
  })

  it.each([strong, `1:${strong}`, `2:${strong},1:${other}`, ` 3:${strong} , 2:${other} `])(
    'reads %j',
    (text) => {
      expect(readKeyRing(text)).toMatchObject({ current: expect.any(Number) as number })
    },
  )

  it('gives the same keys for the same secret, and different ones by version, purpose and secret', () => {
    const keyOf = (text: string, purpose: 'seal' | 'refresh-token', version: number) => {
      const ring = readKeyRing(text)
      return typeof ring === 'string' ? ring : ring.key(purpose, version)?.export().toString('hex')
    }
    const key = keyOf(`1:${strong}`, 'seal', 1)
    expect(key).toMatch(/^[0-9a-f]{64}$/)
    expect(keyOf(strong, 'seal', 1)).toBe(key)
    expect(keyOf(`2:${other},1:${strong}`, 'seal', 1)).toBe(key)
    expect(keyOf(`2:${other},1:${strong}`, 'seal', 2)).not.toBe(key)
    expect(keyOf(strong, 'refresh-token', 1)).not.toBe(key)
    expect(keyOf(strong, 'seal', 2)).toBeUndefined()
  })

  it('never shows the secret when the ring is printed', () => {
    const printed = inspect(readKeyRing(strong), { depth: 10, showHidden: true })
    expect(printed).not.toContain(strong)
  })
})
