import { expect, test } from 'vitest'
import type { Outcome } from '../command.ts'
import { check, circle, scratchWorkspace } from './scratch.ts'

const slips: { title: string; rule: string; file?: string; source: string }[] = [
  {
    title: 'a promise left floating across packages',
    rule: 'no-floating-promises',
    file: 'packages/server/src/slip.ts',
    source:
      "import { fetchOne } from '@kaimen/protocol'\n\nexport function slip() {\n  fetchOne()\n}\n",
  },
  {
    title: 'a promise taken for a condition',
    rule: 'no-misused-promises',
    source: 'export const slip = (async () => true)() ? 1 : 2\n',
  },
  {
    title: 'an await of what is no promise',
    rule: 'await-thenable',
    source: 'export const slip = await 1\n',
  },
  {
    title: 'any',
    rule: 'no-explicit-any',
    source: 'export const slip = (value: any) => void value\n',
  },
  {
    title: 'a value of type any put to use',
    rule: 'no-unsafe-member-access',
    source: "export const slip = String(JSON.parse('{}').name)\n",
  },
  {
    title: 'a value of type any returned',
    rule: 'no-unsafe-return',
    source: "export const slip = () => JSON.parse('{}')\n",
  },
  {
    title: 'a non-null assertion',
    rule: 'no-non-null-assertion',
    source: 'export const slip = (name?: string) => name!.length\n',
  },
  {
    title: 'a loose comparison',
    rule: 'eqeqeq',
    source: 'export const slip = (a: string, b: string) => a == b\n',
  },
  {
    title: 'a type imported as a value',
    rule: 'consistent-type-imports',
    source: "import { Stats } from 'node:fs'\n\nexport const slip = (stats: Stats) => stats.size\n",
  },
  {
    title: 'console',
    rule: 'no-console',
    source: "export const slip = () => console.log('slip')\n",
  },
  {
    title: 'process.env',
    rule: 'no-process-env',
    source: 'export const slip = process.env.HOME\n',
  },
  {
    title: 'process.env under another name',
    rule: 'no-restricted-imports',
    source: "import { env } from 'node:process'\n\nexport const slip = env.HOME\n",
  },
  {
    title: 'modules that import one another in a circle',
    rule: 'no-cycle',
    file: 'packages/wechat/src/one.ts',
    source: circle.one,
  },
  {
    title: 'a test that runs alone',
    rule: 'no-focused-tests',
    file: 'packages/wechat/test/slip.test.ts',
    source:
      "import { expect, test } from 'vitest'\n\ntest.only('It is true', () => {\n  expect(1).toBe(1)\n})\n",
  },
  {
    title: 'a comment that silences nothing',
    rule: 'Unused oxlint-disable directive',
    source: '// oxlint-disable-next-line no-console\nexport const slip = 1\n',
  },
]
const planted = slips.map((slip, index) => ({
  ...slip,
  file: slip.file ?? `packages/wechat/src/slip-${index}.ts`,
}))

let linted: Promise<Outcome> | undefined
const lint = () =>
  (linted ??= check(
    scratchWorkspace({
      ...Object.fromEntries(planted.map(({ file, source }) => [file, source])),
      'packages/wechat/src/two.ts': circle.two,
    }),
    'lint',
  ))

test.for(planted)('reports $title, as $rule', async ({ rule, file }) => {
  const { passed, output } = await lint()
  expect(passed).toBe(false)
  const lines = output.split('\n').filter((line) => line.startsWith(`${file}:`))
  expect(lines.join('\n')).toContain(rule)
})

test('lets the command and the tests read the environment', async () => {
  const folder = scratchWorkspace({
    'packages/cli/src/index.ts':
      'console.log(process.env.HOME)\nexport const home = process.env.HOME\n',
    'packages/wechat/test/tsconfig.json': '{ "extends": "../../../tsconfig.base.json" }\n',
    'packages/wechat/test/home.ts': 'export const home = process.env.HOME\n',
  })
  const { output } = await check(folder, 'lint')
  expect(output).toContain('Every check passed.')
})
