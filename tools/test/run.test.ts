import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { runNode, runProgram } from '../command.ts'
import { scratchFolder } from './scratch.ts'

const lock = JSON.stringify({
  name: 'scratch',
  lockfileVersion: 3,
  packages: {
    '': { name: 'scratch', dependencies: { needed: 'file:needed' } },
    needed: { version: '1.0.0' },
    'node_modules/needed': { resolved: 'needed', link: true },
  },
})

/** A fresh clone whose `start` is the program given; nothing is installed and nothing is pinned. */
function freshClone(program: string): { folder: string; run: string } {
  const folder = scratchFolder({
    'package.json': JSON.stringify({
      name: 'scratch',
      type: 'module',
      dependencies: { needed: 'file:needed' },
      optionalDependencies: {},
    }),
    'package-lock.json': lock,
    'needed/package.json': '{ "name": "needed", "version": "1.0.0" }',
    'packages/cli/src/main.ts': program,
  })
  const run = join(folder, 'tools/run.mjs')
  mkdirSync(join(folder, 'tools'))
  cpSync(join(import.meta.dirname, '../run.mjs'), run)
  return { folder, run }
}

test('A fresh clone is installed first, once, and again when the lock has changed', async () => {
  const { folder, run } = freshClone('console.log("started")\n')
  const first = await runNode(run, ['start'], folder)
  expect(first.output).toMatch(/^Installing .*\nInstalled in \d+ s\.\nstarted\n$/)
  const second = await runNode(run, ['start'], folder)
  expect(second.output).toBe('started\n')
  writeFileSync(join(folder, 'package-lock.json'), `${lock}\n`)
  const third = await runNode(run, ['start'], folder)
  expect(third.output).toMatch(/^Installing/)
})

test('An install done by hand counts', async () => {
  const { folder, run } = freshClone('console.log("started")\n')
  mkdirSync(join(folder, 'node_modules'))
  writeFileSync(join(folder, 'node_modules/.package-lock.json'), '{}')
  const { output } = await runNode(run, ['start'], folder)
  expect(output).toBe('started\n')
})

test('The console is built where a source of it is newer, and missed where it cannot be', async () => {
  const { folder, run } = freshClone('console.log("started")\n')
  const write = (path: string, text = '') => {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  write('packages/console/index.html')
  write('packages/console/vite.config.ts')
  write('packages/console/src/pages/a.tsx')
  write('packages/protocol/src/errors.ts')
  const vite = 'packages/console/node_modules/vite/bin/vite.js'
  write(vite, `require('fs').mkdirSync('dist'); require('fs').writeFileSync('dist/index.html', '')`)
  const start = async () => (await runNode(run, ['start'], folder)).output
  expect(await start()).toMatch(/Building the console .*\nstarted\n$/)
  expect(await start()).toBe('started\n')

  write('packages/console/src/pages/a.tsx', 'export {}')
  const later = Date.now() / 1000 + 60
  utimesSync(join(folder, 'packages/console/src/pages/a.tsx'), later, later)
  write(vite, 'process.exit(1)')
  expect(await start()).toMatch(/could not be built; starting without it\.\nstarted\n$/)
})

test('An install that failed says so, and is tried again', async () => {
  const { folder, run } = freshClone('console.log("started")\n')
  writeFileSync(join(folder, 'package-lock.json'), '{ not json')
  const { passed, output } = await runNode(run, ['start'], folder)
  expect(passed).toBe(false)
  expect(output).toContain('npm ci failed')
  expect(output).not.toContain('started')
  writeFileSync(join(folder, 'package-lock.json'), lock)
  expect((await runNode(run, ['start'], folder)).output).toContain('started')
})

test('A Node that is too old is refused by name, where none is pinned', async () => {
  const { folder, run } = freshClone('')
  const disguise =
    "data:text/javascript,Object.defineProperty(process,'version',{value:'v22.18.0'});" +
    "Object.defineProperty(process,'versions',{value:{node:'22.18.0'}})"
  const { passed, output } = await runProgram(
    process.execPath,
    ['--import', disguise, run, 'start'],
    { cwd: folder },
  )
  expect(passed).toBe(false)
  expect(output).toContain('Node v22.18.0 is too old')
  expect(output).toContain('Install Node 24')
})

test('A pinned Node of another version is refused', async () => {
  const { folder, run } = freshClone('')
  const name = `node-${process.platform}-${process.arch}`
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ optionalDependencies: { [name]: '1.2.3' } }),
  )
  const bin = join(folder, 'node_modules', name, 'bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(folder, 'node_modules/.package-lock.json'), '{}')
  writeFileSync(join(bin, 'node'), '#!/bin/sh\necho v1.2.4\n', { mode: 0o755 })
  const { passed, output } = await runNode(run, ['start'], folder)
  expect(passed).toBe(false)
  expect(output).toContain('is v1.2.4, but package.json pins v1.2.3')
})

test('The arguments and the exit code are handed on', async () => {
  const { folder, run } = freshClone('console.log(process.argv.slice(2)); process.exitCode = 3\n')
  const child = await finished(
    spawn(process.execPath, [run, 'start', '--port', '1'], { cwd: folder }),
  )
  expect(child.output).toContain("[ 'dev', '--port', '1' ]")
  expect(child.code).toBe(3)
})

const patient = (signal: string) => `
  process.on('${signal}', () => { console.log('closed'); process.exit(0) })
  setInterval(() => {}, 1000)
  console.log('pid ' + process.pid)
`

test.for(['SIGINT', 'SIGTERM'] as const)(
  '%s reaches the command, and nothing is left running',
  async (signal) => {
    const { folder, run } = freshClone(patient(signal))
    const child = spawn(process.execPath, [run, 'start'], { cwd: folder })
    const ended = finished(child)
    const pid = await printedPid(child)
    child.kill(signal)
    const { code, output } = await ended
    expect(output).toContain('closed')
    expect(code).toBe(0)
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  },
)

test('A signal to the whole group reaches the command once', async () => {
  const { folder, run } = freshClone(`
    let signals = 0
    process.on('SIGTERM', () => {
      signals += 1
      setTimeout(() => { console.log('closed after ' + signals); process.exit(0) }, 100)
    })
    setInterval(() => {}, 1000)
    console.log('pid ' + process.pid)
  `)
  const child = spawn(process.execPath, [run, 'start'], { cwd: folder, detached: true })
  const ended = finished(child)
  await printedPid(child)
  process.kill(-(child.pid ?? 0), 'SIGTERM')
  const { output } = await ended
  expect(output).toContain('closed after 1\n')
})

test('When npm is ended, the command ends as well, though the shell between them says nothing', async () => {
  const { folder, run } = freshClone(patient('SIGTERM'))
  // The second command keeps the shell from becoming the first.
  const shell = spawn('sh', ['-c', `"${process.execPath}" "${run}" start; true`], {
    cwd: folder,
    env: { ...process.env, npm_lifecycle_event: 'start' },
  })
  const ended = finished(shell)
  const pid = await printedPid(shell)
  shell.kill('SIGTERM')
  // Its output closes when the last process that holds it has ended.
  const { output } = await ended
  expect(output).toContain('closed')
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})

test('An unknown command is refused by name', async () => {
  const { folder, run } = freshClone('')
  const { passed, output } = await runNode(run, ['strat'], folder)
  expect(passed).toBe(false)
  expect(output).toContain('Unknown command "strat". There are: start, test')
})

function printedPid(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.stdout?.on('data', (text: Buffer) => {
      const [, pid] = /pid (\d+)/.exec(String(text)) ?? []
      if (pid !== undefined) resolve(Number(pid))
    })
  })
}

async function finished(child: ChildProcess): Promise<{ code: unknown; output: string }> {
  let output = ''
  const keep = (text: Buffer) => {
    output += String(text)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  const [code] = (await once(child, 'close')) as unknown[]
  return { code, output }
}
