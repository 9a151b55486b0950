import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findTests, renderRules, ruleDocs, rules } from '../rules.ts'

const root = join(import.meta.dirname, '../..')

describe('The rules of sign-in', () => {
  test.for(rules.map((_, index) => index + 1))('R%i is shown by a test', (number) => {
    expect(findTests().get(number) ?? []).not.toEqual([])
  })

  test('no title names a rule that there is not', () => {
    expect([...findTests().keys()].filter((number) => number < 1 || number > rules.length)).toEqual(
      [],
    )
  })

  test.for(['en', 'zh-CN'] as const)(
    'docs/rules is as the titles are, in %s: else run npm run docs',
    (language) => {
      // As npm run format leaves it.
      const squeeze = (text: string) => text.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---')
      const written = readFileSync(join(root, ruleDocs[language]), 'utf8')
      expect(squeeze(written)).toBe(squeeze(renderRules(language)))
    },
  )
})
