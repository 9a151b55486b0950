import { describe, expect, test } from 'vitest'
import { check, manifest, scratchFolder, scratchWorkspace } from './scratch.ts'
import type { Outcome } from '../command.ts'
import { checkPackedFiles } from '../packaging.ts'

const circle = {
  one: "import { two } from './two.ts'\n\nexport const one = () => two\n",
  two: "import { one } from './one.ts'\n\nexport const two = () => one\n",
}

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

describe('lint', () => {
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
      source:
        "import { Stats } from 'node:fs'\n\nexport const slip = (stats: Stats) => stats.size\n",
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
})

describe('directions', () => {
  const server = 'packages/server/src'
  const value = 'export const value = 1\n'
  const wrong: { title: string; says: string; files: Record<string, string> }[] = [
    {
      title: 'modules that import one another in a circle',
      says: 'no-cycle: packages/wechat/src/one.ts → packages/wechat/src/two.ts → packages/wechat/src/one.ts',
      files: { 'packages/wechat/src/one.ts': circle.one, 'packages/wechat/src/two.ts': circle.two },
    },
    {
      title: 'a module that does not exist',
      says: 'no-unresolved: packages/wechat/src/lost.ts → ./missing.ts',
      files: { 'packages/wechat/src/lost.ts': importing('./missing.ts') },
    },
    {
      title: 'a dependency that the package does not declare',
      says: 'declared-only: packages/wechat/src/undeclared.ts',
      files: { 'packages/wechat/src/undeclared.ts': importing('vitest') },
    },
    {
      title: 'a devDependency needed at run time',
      says: 'no-dev-at-run-time: packages/wechat/src/dev.ts',
      files: {
        'packages/wechat/package.json': manifest('wechat', [], {
          devDependencies: { publint: '*' },
        }),
        'packages/wechat/src/dev.ts': importing('publint'),
      },
    },
    {
      title: 'a path into another package',
      says: `exports-only: ${server}/http/path.ts → packages/protocol/src/index.ts`,
      files: { [`${server}/http/path.ts`]: importing('../../../protocol/src/index.ts') },
    },
    {
      title: 'an import of ours by the emulator',
      says: 'package-emulator: packages/emulator/src/ours.ts → packages/protocol/src/index.ts',
      files: { 'packages/emulator/src/ours.ts': importing('../../protocol/src/index.ts') },
    },
    {
      title: 'a value of the protocol in the client',
      says: 'package-client-types: packages/client/src/value.ts → packages/protocol/src/index.ts',
      files: { 'packages/client/src/value.ts': "export { fetchOne } from '@kaimen/protocol'\n" },
    },
    {
      title: 'a package that is not in the table',
      says: 'not in the tables of CONTRIBUTING.md: packages/extra/src/index.ts',
      files: { 'packages/extra/src/index.ts': value },
    },
    {
      title: 'a room that is not in the table',
      says: 'not in the tables of CONTRIBUTING.md: packages/server/src/utils/date.ts',
      files: { [`${server}/utils/date.ts`]: value },
    },
    {
      title: 'a row that imports a row below it',
      says: `row-2: ${server}/session/below.ts → ${server}/sign-in.ts`,
      files: {
        [`${server}/session/below.ts`]: importing('../sign-in.ts'),
        [`${server}/sign-in.ts`]: value,
      },
    },
    {
      title: 'a type of a row below',
      says: `row-5: ${server}/http/type.ts → ${server}/node.ts`,
      files: {
        [`${server}/http/type.ts`]: "export type { Port } from '../node.ts'\n",
        [`${server}/node.ts`]: 'export type Port = 1\n',
      },
    },
    {
      title: 'a sibling in row 2',
      says: `row-2: ${server}/session/sibling.ts → ${server}/user/user.ts`,
      files: {
        [`${server}/session/sibling.ts`]: importing('../user/user.ts'),
        [`${server}/user/user.ts`]: value,
      },
    },
    {
      title: 'a flow that imports a flow',
      says: `row-3: ${server}/flow/one.ts → ${server}/flow/two.ts`,
      files: { [`${server}/flow/one.ts`]: importing('./two.ts'), [`${server}/flow/two.ts`]: value },
    },
    {
      title: 'a value in row 1',
      says: `row-1-types: ${server}/challenge/value.ts → ${server}/store/store.ts`,
      files: {
        [`${server}/challenge/value.ts`]: importing('../store/store.ts'),
        [`${server}/store/store.ts`]: value,
      },
    },
    {
      title: 'a store that knows a session',
      says: `side: ${server}/store/sql/sessions.ts → ${server}/session/session.ts`,
      files: {
        [`${server}/store/sql/sessions.ts`]: importing('../../session/session.ts'),
        [`${server}/session/session.ts`]: value,
      },
    },
    {
      title: 'a store reached from inside the server',
      says: `row-6: ${server}/auth.ts → ${server}/store/sql/index.ts`,
      files: {
        [`${server}/auth.ts`]: importing('./store/sql/index.ts'),
        [`${server}/store/sql/index.ts`]: value,
      },
    },
  ]

  let checked: Promise<Outcome> | undefined
  const checkAll = () =>
    (checked ??= check(
      scratchWorkspace(
        Object.assign({}, ...wrong.map(({ files }) => files)) as Record<string, string>,
      ),
      'directions',
    ))

  test.for(wrong)('reports $title', async ({ says }) => {
    const { passed, output } = await checkAll()
    expect(passed).toBe(false)
    expect(output).toContain(says)
  })

  test('reports nothing else', async () => {
    const { output } = await checkAll()
    const reported = output.split('\n').filter((line) => /^[a-z].*(→|CONTRIBUTING)/.test(line))
    const besides = reported.filter((line) => !wrong.some(({ says }) => line.startsWith(says)))
    // The emulator has no other way to the protocol: it does not depend on it.
    expect(besides).toEqual([
      'exports-only: packages/emulator/src/ours.ts → packages/protocol/src/index.ts',
    ])
  })

  test('lets each room import the rows above it, itself, and other packages by their names', async () => {
    const folder = scratchWorkspace({
      [`${server}/clock.ts`]: 'export type Clock = 1\nexport const value = 1\n',
      [`${server}/seal.ts`]: importing('./clock.ts'),
      [`${server}/store/store.ts`]: "export type { Clock } from '../clock.ts'\n",
      [`${server}/session/session.ts`]: "export type { Clock } from '../store/store.ts'\n",
      [`${server}/session/refresh.ts`]: importing('./session.ts'),
      [`${server}/sign-in.ts`]: importing('./session/refresh.ts'),
      [`${server}/auth.ts`]: importing('./sign-in.ts'),
      [`${server}/store/sql/sql-store.ts`]: importing('../../seal.ts'),
      'packages/wechat/src/one.ts':
        "import type { Two } from './two.ts'\n\nexport type One = Two | 1\n",
      'packages/wechat/src/two.ts':
        "import type { One } from './one.ts'\n\nexport type Two = One | 2\n",
    })
    const { output } = await check(folder, 'directions')
    expect(output).toContain('Every check passed.')
  })
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

describe('packaging', () => {
  test(
    'Reports an exports map that points at nothing, and what is missing or stray',
    { timeout: 120_000 },
    async () => {
      const folder = scratchWorkspace({
        'packages/wechat/package.json': manifest('wechat', [], {
          private: false,
          exports: { '.': { default: './dist/nowhere.js' } },
          files: ['dist'],
        }),
        'packages/wechat/README.md': null,
      })
      const { passed, output } = await check(folder, 'packaging')
      expect(passed).toBe(false)
      expect(output).toContain('@kaimen/wechat: publint')
      expect(output).toContain('./dist/nowhere.js')
      expect(output).toContain('@kaimen/wechat: are the types wrong?')
      expect(output).toContain('@kaimen/wechat: the tarball has dist/.tsbuildinfo')
      expect(output).toContain('@kaimen/wechat: the tarball has no README.md')
      expect(output).not.toContain('@kaimen/server')
    },
  )
})

describe('What WeChat packs', () => {
  test('passes when it is one small file that an old phone can run', () => {
    expect(checkPackedFiles(scratchFolder({ 'index.js': 'module.exports = () => 1\n' }))).toEqual(
      [],
    )
  })

  test('has an index.js', () => {
    expect(checkPackedFiles(scratchFolder({ 'client.js': '1\n' }))).toEqual([
      "WeChat's packer made no index.js, only: client.js",
    ])
  })

  test.for(['async () => 1', '({ ...{} })', '2 ** 2', '(a?.b)'])(
    'has no syntax newer than ES2015: %s',
    (source) => {
      const [problem] = checkPackedFiles(
        scratchFolder({ 'index.js': `module.exports = ${source}\n` }),
      )
      expect(problem).toContain('index.js is newer than ES2015')
    },
  )

  test('has neither source maps nor declarations', () => {
    const folder = scratchFolder({ 'index.js': '1\n', 'index.js.map': '{}\n', 'index.d.ts': '\n' })
    expect(checkPackedFiles(folder)).toHaveLength(2)
  })

  test('keeps within its size', () => {
    const noise = Array.from({ length: 4000 }, (_, index) => Math.imul(index, 2654435761)).join()
    const [problem] = checkPackedFiles(
      scratchFolder({ 'index.js': `module.exports = [${noise}]\n` }),
    )
    expect(problem).toContain('the budget is 6144')
  })
})

function importing(module: string): string {
  return `import * as imported from '${module}'\n\nexport const value = imported\n`
}
