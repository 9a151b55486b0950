import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { runNode } from '../command.ts'

const root = join(import.meta.dirname, '../..')

/** Each package of the scratch workspace with what it declares of ours. */
const packages: Record<string, string[]> = {
  protocol: [],
  wechat: [],
  server: ['protocol'],
  client: ['protocol'],
  emulator: [],
  cli: [],
}

/** Two modules that import one another. */
export const circle = {
  one: "import { two } from './two.ts'\n\nexport const one = () => two\n",
  two: "import { one } from './one.ts'\n\nexport const two = () => one\n",
}

/** A folder with these files, removed when the test is over. */
export function scratchFolder(files: Record<string, string | null>): string {
  const folder = mkdtempSync(join(tmpdir(), 'kaimen-tools-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [file, text] of Object.entries(files)) {
    if (text === null) continue
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  return folder
}

/**
 * A small workspace that passes every check under this one's own settings, but for `planted`; null
 * leaves a file out.
 */
export function scratchWorkspace(planted: Record<string, string | null> = {}): string {
  const folder = scratchFolder({ ...cleanFiles(), ...planted })
  // Without .gitignore the tools would walk through node_modules.
  for (const file of [
    '.gitignore',
    '.oxlintrc.json',
    '.prettierrc.json',
    '.prettierignore',
    'tsconfig.base.json',
    'knip.json',
  ]) {
    cpSync(join(root, file), join(folder, file))
  }
  const vitest = readFileSync(join(root, 'vitest.config.ts'), 'utf8')
  // There are no services here, and no tests that need them.
  writeFileSync(join(folder, 'vitest.config.ts'), vitest.replace(/^ *globalSetup:.*\n/m, ''))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const [name, needs] of Object.entries(packages)) {
    const scope = join(folder, 'packages', name, 'node_modules/@kaimen')
    mkdirSync(scope, { recursive: true })
    for (const need of needs) symlinkSync(join('../../../..', 'packages', need), join(scope, need))
  }
  return folder
}

/** Runs the checks named on a scratch workspace. */
export function check(folder: string, ...steps: string[]) {
  return runNode(join(root, 'tools/check.ts'), ['--root', folder, ...steps], root)
}

function cleanFiles(): Record<string, string> {
  const files: Record<string, string> = {
    'package.json': json({
      name: 'scratch',
      private: true,
      type: 'module',
      workspaces: ['packages/*'],
      devDependencies: { vitest: '*' },
    }),
    'tsconfig.json': `{
  "files": [],
  "references": [
${Object.keys(packages)
  .map((name) => `    { "path": "packages/${name}" }`)
  .join(',\n')}
  ]
}
`,
    'packages/server/src/index.ts':
      "import { fetchOne } from '@kaimen/protocol'\n\nexport const one = await fetchOne()\n",
    'packages/client/src/index.ts':
      "import type { One } from '@kaimen/protocol'\n\nexport const one: One = 1\n",
    'packages/protocol/src/index.ts':
      'export type One = 1\n\nexport async function fetchOne(): Promise<One> {\n  return Promise.resolve(1)\n}\n',
  }
  for (const [name, needs] of Object.entries(packages)) {
    files[`packages/${name}/package.json`] = manifest(name, needs)
    files[`packages/${name}/tsconfig.json`] = `{
  "extends": "../../tsconfig.base.json",
  "compilerOptions": { "rootDir": "src", "outDir": "dist", "tsBuildInfoFile": "dist/.tsbuildinfo" },
  "include": ["src"],
  "references": [${needs.map((need) => `{ "path": "../${need}" }`).join(', ')}]
}
`
    files[`packages/${name}/README.md`] = `# ${name}\n`
    files[`packages/${name}/LICENSE`] = 'MIT\n'
    files[`packages/${name}/src/index.ts`] ??= `export const name = '${name}'\n`
  }
  return files
}

/** The package.json of a scratch package; `changes` replace its fields. */
export function manifest(
  name: string,
  needs: string[] = [],
  changes: Record<string, unknown> = {},
): string {
  return json({
    name: `@kaimen/${name}`,
    version: '0.1.0',
    // Packing takes seconds; one package is enough to try it on.
    private: name !== 'server',
    license: 'MIT',
    type: 'module',
    exports: {
      '.': {
        '@kaimen/source': './src/index.ts',
        types: './dist/index.d.ts',
        default: './dist/index.js',
      },
    },
    files: ['dist', 'src', '!**/*.tsbuildinfo'],
    dependencies: Object.fromEntries(needs.map((need) => [`@kaimen/${need}`, '0.1.0'])),
    ...changes,
  })
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
