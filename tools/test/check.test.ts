import { describe, expect, test } from 'vitest'
import { check, manifest, scratchWorkspace } from './scratch.ts'

test('A clean workspace passes every check', { timeout: 120_000 }, async () => {
  const { passed, output } = await check(scratchWorkspace())
  expect(output).toContain('Every check passed.')
  expect(passed).toBe(true)
})

test('A failed check shows its output, lets the others run, and fails the whole', async () => {
  const folder = scratchWorkspace({
    'packages/wechat/src/index.ts': "export const name: number = 'wechat'\n",
  })
  const { passed, output } = await check(folder, 'types', 'format', 'directions')
  expect(passed).toBe(false)
  expect(output).toMatch(/✓ directions[^]*✓ format[^]*✗ types[^]*TS2322/)
  expect(output).toContain('1 of 3 checks failed.')
})

test('A check of an unknown name is refused by name', async () => {
  const { passed, output } = await check(scratchWorkspace(), 'speling')
  expect(passed).toBe(false)
  expect(output).toContain('No check is named speling.')
})

test('types: a type error in one package shows in the package that uses it', async () => {
  const folder = scratchWorkspace({
    'packages/server/src/index.ts':
      "import { fetchOne } from '@kaimen/protocol'\n\nexport const one: string = await fetchOne()\n",
  })
  const { passed, output } = await check(folder, 'types')
  expect(passed).toBe(false)
  expect(output).toContain(
    "packages/server/src/index.ts(3,14): error TS2322: Type 'number' is not assignable",
  )
})

test('format: a slip in the formatting is reported', async () => {
  const folder = scratchWorkspace({
    'packages/wechat/src/index.ts': 'export const name = "wechat";\n',
  })
  const { passed, output } = await check(folder, 'format')
  expect(passed).toBe(false)
  expect(output).toContain('[warn] packages/wechat/src/index.ts')
})

describe('dead-code', () => {
  test('Reports an export that nobody imports', async () => {
    const folder = scratchWorkspace({
      'packages/wechat/src/index.ts': "export { used } from './used.ts'\n",
      'packages/wechat/src/used.ts': 'export const used = 1\nexport const unused = 2\n',
    })
    const { passed, output } = await check(folder, 'dead-code')
    expect(passed).toBe(false)
    expect(output).toMatch(/unused +packages\/wechat\/src\/used.ts/)
  })

  test('Reports a file that only a test imports', async () => {
    const folder = scratchWorkspace({
      'packages/wechat/src/tried.ts': 'export const tried = 1\n',
      'packages/wechat/test/tried.test.ts':
        "import { expect, test } from 'vitest'\nimport { tried } from '../src/tried.ts'\n\ntest('It is one.', () => expect(tried).toBe(1))\n",
    })
    const { passed, output } = await check(folder, 'dead-code')
    expect(passed).toBe(false)
    expect(output).toMatch(/Unused files[^]*packages\/wechat\/src\/tried.ts/)
    expect(output).not.toContain('tried.test.ts')
  })

  test('Reports a dependency that nothing imports', async () => {
    const folder = scratchWorkspace({
      'packages/wechat/package.json': manifest('wechat', ['protocol']),
    })
    const { passed, output } = await check(folder, 'dead-code')
    expect(passed).toBe(false)
    expect(output).toMatch(/@kaimen\/protocol +packages\/wechat\/package.json/)
  })
})
