// Builds and packs every package that is published, and reads the tarballs as those who install them will.

import { parse } from 'acorn'
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from './build.ts'
import { runNode, runNpm, runProgram, type Outcome } from './command.ts'

interface Manifest {
  name: string
  private?: boolean
  /** The folder that WeChat's packer takes, in a package for mini programs. */
  miniprogram?: string
}

/** A mini program's main package is limited to 2 MB, and a login library is to be lost in it. */
const miniProgramBudgetBytes: Readonly<Record<string, number>> = {
  'index.js': 6 * 1024,
  'account.js': 2.5 * 1024,
}

const modules = join(import.meta.dirname, '../node_modules')
const packer = join(import.meta.dirname, 'wechat-packer')

export async function checkPackaging(root: string): Promise<Outcome> {
  const built = await build(root)
  if (!built.passed) return built
  const scratch = mkdtempSync(join(tmpdir(), 'kaimen-packaging-'))
  try {
    const folders = globSync('packages/*/package.json', { cwd: root }).map((file) =>
      join(root, dirname(file)),
    )
    const problems = await Promise.all(folders.map((folder) => checkPackage(folder, scratch)))
    return { passed: problems.flat().length === 0, output: problems.flat().join('\n') }
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

async function checkPackage(folder: string, scratch: string): Promise<string[]> {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  if (manifest.private === true) return []
  const { name, miniprogram } = manifest
  const packed = await runNpm(
    ['pack', '--json', '--loglevel=error', '--pack-destination', scratch],
    folder,
  )
  if (!packed.passed) return [`${name}: npm pack failed\n${packed.output}`]
  const [{ filename, files }] = JSON.parse(packed.output) as [
    { filename: string; files: { path: string }[] },
  ]
  const tarball = join(scratch, filename)

  const problems = checkContents(files.map((file) => file.path)).map(
    (problem) => `${name}: ${problem}`,
  )
  const publint = await runNode(
    join(modules, 'publint/src/cli.js'),
    ['run', tarball, '--strict'],
    scratch,
  )
  if (!publint.passed) problems.push(`${name}: publint\n${publint.output}`)
  const types = await runNode(
    join(import.meta.dirname, 'node_modules/@arethetypeswrong/cli/dist/index.js'),
    // What is for mini programs is also loaded by require, from the bundlers of Taro and uni-app.
    [
      tarball,
      '--no-definitely-typed',
      '--no-emoji',
      '--profile',
      miniprogram === undefined ? 'esm-only' : 'node16',
    ],
    scratch,
  )
  if (!types.passed) problems.push(`${name}: are the types wrong?\n${types.output}`)
  if (miniprogram !== undefined) {
    const found = await checkMiniProgram(name, tarball, scratch)
    problems.push(...found.map((problem) => `${name}: ${problem}`))
  }
  return problems
}

function checkContents(files: string[]): string[] {
  const missing = ['LICENSE', 'README.md'].filter((file) => !files.includes(file))
  const strays = files.filter((file) => /\.tsbuildinfo$|(^|\/)test\/|\.test\./.test(file))
  return [
    ...missing.map((file) => `the tarball has no ${file}`),
    ...strays.map((file) => `the tarball has ${file}, which is of no use to who installs it`),
  ]
}

/** Installs the tarball into a mini program with WeChat's own packer, and reads what comes out. */
async function checkMiniProgram(name: string, tarball: string, scratch: string): Promise<string[]> {
  const project = join(scratch, 'project')
  const miniProgram = join(scratch, 'mini-program')
  const installed = join(project, 'node_modules', name)
  mkdirSync(installed, { recursive: true })
  mkdirSync(miniProgram)
  writeFileSync(join(project, 'package.json'), JSON.stringify({ dependencies: { [name]: '*' } }))
  const steps = [
    () =>
      runProgram('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'], {
        cwd: scratch,
      }),
    installPacker,
    () => runNode(join(packer, 'pack.cjs'), [project, miniProgram], scratch),
  ]
  for (const step of steps) {
    const { passed, output } = await step()
    if (!passed) return [`WeChat's packer\n${output}`]
  }
  return checkPackedFiles(join(miniProgram, 'miniprogram_npm', name))
}

async function installPacker(): Promise<Outcome> {
  const lock = join(packer, 'package-lock.json')
  const record = join(packer, 'node_modules/.package-lock.json')
  if (existsSync(record) && statSync(record).mtimeMs >= statSync(lock).mtimeMs) {
    return { passed: true, output: '' }
  }
  // Run from a script of npm's, npm would take the workspace's strategy out of the environment; the
  // packer requires what it does not declare, and needs everything in one place.
  return runNpm(['ci', '--loglevel=error', '--install-strategy=hoisted'], packer)
}

export function checkPackedFiles(folder: string): string[] {
  const files = globSync('**/*.*', { cwd: folder })
  if (!files.includes('index.js'))
    return [`WeChat's packer made no index.js, only: ${files.join(', ') || 'nothing'}`]
  const strays = files.filter((file) => !file.endsWith('.js'))
  const problems = strays.map((file) => `${file} would be uploaded with every mini program`)
  for (const file of files.filter((name) => name.endsWith('.js'))) {
    const source = readFileSync(join(folder, file), 'utf8')
    const bytes = gzipSync(source).length
    const budget = miniProgramBudgetBytes[file]
    if (budget === undefined) problems.push(`${file} is no entry that has a budget`)
    else if (bytes > budget)
      problems.push(`${file} is ${bytes} bytes gzipped; the budget is ${budget}`)
    try {
      parse(source, { ecmaVersion: 2015, sourceType: 'script' })
      for (const [, path = ''] of source.matchAll(/\brequire\("([^"]*)"\)/g))
        if (!files.includes(join(dirname(file), path)))
          problems.push(`${file} requires ${path}, which is not there`)
    } catch (error) {
      problems.push(`${file} is newer than ES2015, which old phones cannot run: ${String(error)}`)
    }
  }
  return problems
}
