// Who may import whom: the two tables of CONTRIBUTING.md, held by dependency-cruiser.

import { globSync } from 'node:fs'
import { createRequire, registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { ICruiseResult, IRegularForbiddenRuleType } from 'dependency-cruiser'
import type { Outcome } from './command.ts'

/** What each package may import of ours; `types` are allowed as types only. */
const packages: Record<string, { may: string[]; types?: string[] }> = {
  protocol: { may: [] },
  wechat: { may: [] },
  server: { may: ['protocol', 'wechat'] },
  verify: { may: ['protocol'] },
  client: { may: [], types: ['protocol'] },
  emulator: { may: [] },
  console: { may: ['protocol'] },
  phone: { may: [] },
  cli: { may: ['protocol', 'wechat', 'server', 'verify', 'client', 'emulator', 'phone'] },
}

/** The rooms of packages/server/src, each a file or a folder, in rows from the ground up. */
const rows = [
  [
    'clock',
    'random',
    'digest',
    'key-ring',
    'seal',
    'id',
    'errors',
    'app',
    'phone-number',
    'blob',
    'sdk',
    'client-address',
    'host',
    'read-at-most',
    'health',
    'wechat-refusal',
    'metric',
  ],
  [
    'store/store',
    'store/admin-store',
    'store/ephemeral-store',
    'store/blob-store',
    'sms/sms-sender',
    'hooks',
  ],
  ['events', 'hook-user', 'outage', 'metrics'],
  ['user', 'session', 'credential', 'challenge', 'password', 'sms/log-sender'],
  ['flow/[^/]+', 'admin'],
  ['sign-in', 'tidy', 'operate'],
  ['http', 'options'],
  ['auth'],
  ['node'],
]

/**
 * Rooms beside the rows, reached through subpath exports; they import rows 0 and 1 only, and
 * `shared`.
 */
const sides = [
  'store/sql',
  'store/redis',
  'store/memory',
  'store/suite',
  'sms/gateway',
  'sms/aliyun',
  'sms/tencent',
  'blobs/folder',
  'blobs/memory',
  'blobs/s3',
]

const server = '^packages/server/src/'
const entry = `${server}index\\.ts$`
/** Captures the room's name, so that a rule can say "the same room" as `sameRoom`. */
const room = (name: string) => `${server}(${name})(?:\\.ts$|/)`
const sameRoom = room('$1')
/** What the two gateways' senders share. */
const shared = room('sms/gateway')
const ground = rows.slice(0, 2).flat().map(room)
/** Beside the rows too, but tells events: rows 0 to 2. */
const webhooks = 'webhooks'
const allRooms = [...rows.flat(), ...sides, webhooks].map(room)

const rules: IRegularForbiddenRuleType[] = [
  forbid(
    'no-cycle',
    'Modules need one another in a circle.',
    {},
    {
      circular: true,
      viaOnly: { dependencyTypesNot: ['type-only'] },
    },
  ),
  forbid('no-unresolved', 'There is no such module.', {}, { couldNotResolve: true }),
  forbid(
    'declared-only',
    'The package.json beside it does not declare this dependency.',
    {},
    {
      dependencyTypes: ['npm-no-pkg', 'npm-unknown'],
    },
  ),
  forbid(
    'no-dev-at-run-time',
    'Who installs the package does not get its devDependencies.',
    // What the console loads is bundled into its files.
    { path: '^packages/(?!console/)[^/]+/src/' },
    { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm-peer'] },
  ),
  forbid(
    'exports-only',
    'Another package is reached through its exports, not by a path into it.',
    { path: '^packages/([^/]+)/' },
    { path: '^packages/', pathNot: '^packages/$1/', dependencyTypes: ['local'] },
  ),
  ...Object.entries(packages).flatMap(([name, { may, types = [] }]) => [
    forbid(
      `package-${name}`,
      `packages/${name} imports of ours: ${[...may, ...types].join(', ') || 'nothing'}.`,
      { path: `^packages/${name}/` },
      { path: '^packages/', pathNot: `^packages/(${[name, ...may, ...types].join('|')})/` },
    ),
    ...types.map((other) =>
      forbid(
        `package-${name}-types`,
        `packages/${name} imports packages/${other} as types only.`,
        { path: `^packages/${name}/` },
        { path: `^packages/${other}/`, dependencyTypesNot: ['type-only'] },
      ),
    ),
  ]),
  ...rows.map((rooms, row) =>
    forbid(
      `row-${row}`,
      `Row ${row} (${rooms.join(', ')}) imports only rows above it${row > 1 ? ', and no sibling' : ''}.`,
      { path: rooms.map(room) },
      {
        path: server,
        pathNot: [
          ...rows.slice(0, row).flat().map(room),
          ...(row > 1 ? [sameRoom] : rooms.map(room)),
          // What auth.ts takes where it is given no store.
          ...(rooms.includes('auth') ? [room('store/memory'), room('blobs/memory')] : []),
          // What auth.ts has closed with it.
          ...(rooms.includes('auth') ? [room('webhooks')] : []),
        ],
      },
    ),
  ),
  forbid(
    'row-1-types',
    'Row 1 holds contracts: it is imported as types only.',
    { path: server },
    { path: rows[1]?.map(room) ?? [], dependencyTypesNot: ['type-only'] },
  ),
  forbid(
    'side',
    `What stands beside the rows (${sides.join(', ')}) imports rows 0 and 1 only.`,
    { path: sides.map(room) },
    { path: server, pathNot: [sameRoom, shared, ...ground] },
  ),
  forbid(
    'webhooks',
    `What stands beside the rows (${webhooks}) imports rows 0 to 2 only.`,
    { path: room(webhooks) },
    { path: server, pathNot: [sameRoom, ...rows.slice(0, 3).flat().map(room)] },
  ),
]

function forbid(
  name: string,
  comment: string,
  from: IRegularForbiddenRuleType['from'],
  to: IRegularForbiddenRuleType['to'],
): IRegularForbiddenRuleType {
  return { name, comment, severity: 'error', from, to }
}

export async function checkDirections(root: string): Promise<Outcome> {
  const files = globSync('packages/*/src/**/*.{ts,tsx}', { cwd: root })
  const { modules, summary } = await cruisePackages(root)
  const read = new Set(modules.map((module) => module.source))
  const problems = [
    ...files
      .filter((file) => !read.has(file))
      .map((file) => `not read by dependency-cruiser: ${file}`),
    ...files
      .filter((file) => !isPlaced(file))
      .map((file) => `not in the tables of CONTRIBUTING.md: ${file}`),
    ...summary.violations.map(
      ({ rule, from, to, cycle }) =>
        `${rule.name}: ${[from, ...(cycle?.map((step) => step.name) ?? [to])].join(' → ')}\n` +
        `  ${rules.find(({ name }) => name === rule.name)?.comment}`,
    ),
  ]
  if (files.length === 0) problems.push('there is no source file to read')
  return { passed: problems.length === 0, output: problems.join('\n') }
}

/** Has the file a place in the tables? A new package or a new room needs one, here and there. */
function isPlaced(file: string): boolean {
  const [, name = ''] = file.split('/')
  if (name !== 'server') return name in packages
  return [entry, ...allRooms].some((pattern) => new RegExp(pattern).test(file))
}

async function cruisePackages(root: string): Promise<ICruiseResult> {
  lendTypeScript()
  const { cruise } = await import('dependency-cruiser')
  const { output } = await cruise(
    ['packages'],
    {
      baseDir: root,
      ruleSet: { forbidden: rules },
      exclude: { path: ['^packages/[^/]+/(dist|miniprogram_dist|test)/'] },
      doNotFollow: { path: 'node_modules' },
      tsPreCompilationDeps: true,
      validate: true,
    },
    {
      conditionNames: ['@kaimen/source', 'types', 'import', 'node', 'default'],
      exportsFields: ['exports'],
    },
  )
  if (typeof output === 'string') throw new Error(output)
  return output
}

/**
 * Gives dependency-cruiser the TypeScript 6 of tools/. Installed linked, it would find the
 * workspace's TypeScript 7, which has no compiler API, and silently read no .ts file at all.
 */
function lendTypeScript() {
  const { resolve } = createRequire(import.meta.url)
  registerHooks({
    resolve(specifier, context, next) {
      const asked = /^typescript(\/|$)/.test(specifier)
      if (!asked || !context.parentURL?.includes('/dependency-cruiser/'))
        return next(specifier, context)
      return { url: pathToFileURL(resolve(specifier)).href, shortCircuit: true }
    },
  })
}
