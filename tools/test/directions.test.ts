import { expect, test } from 'vitest'
import type { Outcome } from '../command.ts'
import { check, circle, manifest, scratchWorkspace } from './scratch.ts'

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
    says: `row-3: ${server}/session/below.ts → ${server}/sign-in.ts`,
    files: {
      [`${server}/session/below.ts`]: importing('../sign-in.ts'),
      [`${server}/sign-in.ts`]: value,
    },
  },
  {
    title: 'a type of a row below',
    says: `row-6: ${server}/http/type.ts → ${server}/node.ts`,
    files: {
      [`${server}/http/type.ts`]: "export type { Port } from '../node.ts'\n",
      [`${server}/node.ts`]: 'export type Port = 1\n',
    },
  },
  {
    title: 'a sibling in row 3',
    says: `row-3: ${server}/session/sibling.ts → ${server}/user/user.ts`,
    files: {
      [`${server}/session/sibling.ts`]: importing('../user/user.ts'),
      [`${server}/user/user.ts`]: value,
    },
  },
  {
    title: 'a flow that imports a flow',
    says: `row-4: ${server}/flow/one.ts → ${server}/flow/two.ts`,
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
    title: 'webhooks that import what is above row 2',
    says: `webhooks: ${server}/webhooks/deliver.ts → ${server}/user/user.ts`,
    files: {
      [`${server}/webhooks/deliver.ts`]: importing('../user/user.ts'),
    },
  },
  {
    title: 'a store reached from inside the server',
    says: `row-7: ${server}/auth.ts → ${server}/store/sql/index.ts`,
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

function importing(module: string): string {
  return `import * as imported from '${module}'\n\nexport const value = imported\n`
}
