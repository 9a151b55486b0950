import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { secret } from '../src/index.ts'
import { everythingIn } from './support/canary.ts'

test('a secret prints as [secret] in every way there is', () => {
  const wrapped: unknown = secret('canary')
  expect(String(wrapped)).toBe('[secret]')
  expect(inspect({ wrapped })).toBe('{ wrapped: [secret] }')
  expect(inspect(wrapped, { showHidden: true, customInspect: false })).not.toContain('canary')
  expect(JSON.stringify({ wrapped })).toBe('{"wrapped":"[secret]"}')
})

test('only reveal gives a secret back', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const value = `canary${text}`
      const wrapped = secret(value)
      expect(wrapped.reveal()).toBe(value)
      expect(everythingIn(wrapped)).not.toContain('canary')
      expect(everythingIn({ ...wrapped })).not.toContain('canary')
    }),
  )
})
