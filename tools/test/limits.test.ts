import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { limitDocs, renderLimits } from '../limits.ts'

const root = join(import.meta.dirname, '../..')

test.for(['en', 'zh-CN'] as const)(
  '[AU-1] docs/limits has every limit as the code has it, in %s: else run npm run docs',
  (language) => {
    // As npm run format leaves it.
    const squeeze = (text: string) => text.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---')
    const written = readFileSync(join(root, limitDocs[language]), 'utf8')
    expect(squeeze(written)).toBe(squeeze(renderLimits(language, written)))
  },
)

test('[AU-1] a page without one of the tables, or with one that there is not, is refused', () => {
  const page = readFileSync(join(root, limitDocs.en), 'utf8')
  expect(() => renderLimits('en', page.replace('limits: addresses', 'limits: adresses'))).toThrow(
    'no table adresses',
  )
  expect(() => renderLimits('en', '# Limits')).toThrow('lacks codes, addresses, others')
})
