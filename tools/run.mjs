// Runs the workspace's commands with the workspace's own Node, and installs what is missing first.
// Plain JavaScript with no imports but Node's: in a fresh clone the system's Node runs it, whatever
// its age.

import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const stamp = join(modules, '.kaimen-installed')
const oldestNode = [22, 19]

const commands = {
  start: ['--conditions=@kaimen/source', 'packages/cli/src/main.ts', 'dev'],
  test: ['node_modules/vitest/vitest.mjs', 'run'],
  check: ['tools/check.ts'],
  bench: ['--conditions=@kaimen/source', 'benchmarks/run.ts'],
  chaos: ['--conditions=@kaimen/source', 'chaos/run.ts'],
  build: ['tools/build.ts'],
  conformance: ['conformance/wechat/run.ts'],
  docs: ['--conditions=@kaimen/source', 'tools/docs.ts'],
  smoke: ['tools/smoke.ts'],
  format: ['node_modules/prettier/bin/prettier.cjs', '--write', '.'],
}

const [name = '', ...args] = process.argv.slice(2)
const command = commands[name]
if (!command) stop(`Unknown command "${name}". There are: ${Object.keys(commands).join(', ')}.`)

installIfNeeded()
if (name === 'start') buildConsoleIfNeeded()
run(workspaceNode(), [...command, ...args])

function installIfNeeded() {
  const lock = join(root, 'package-lock.json')
  const digest = createHash('sha256').update(readFileSync(lock)).digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return
  // npm writes its own record after the lock, so one that is no older is an `npm install` done by hand.
  const record = join(modules, '.package-lock.json')
  if (!existsSync(record) || statSync(record).mtimeMs < statSync(lock).mtimeMs) {
    console.error('Installing (about half a minute, once)…')
    const beganMs = Date.now()
    // NODE_ENV=production, or a setting of the user's, would leave out what the commands need.
    const { status, error } = npm(['ci', '--loglevel=error', '--include=dev', '--include=optional'])
    if (status !== 0) {
      stop(
        `npm ci failed${error ? `: ${error.message}` : ''}. Its messages are above. ` +
          'Check the network and the registry (npm config get registry), then run this again.',
      )
    }
    console.error(`Installed in ${Math.round((Date.now() - beganMs) / 1000)} s.`)
  }
  writeFileSync(stamp, digest)
}

/**
 * Its page is the one part that does not run from its sources; without it the rest runs all the
 * same.
 */
function buildConsoleIfNeeded() {
  const folder = join(root, 'packages/console')
  const built = join(folder, 'dist/index.html')
  const sources = ['src', 'index.html', 'vite.config.ts', '../protocol/src'].map((path) =>
    join(folder, path),
  )
  const vite = join(folder, 'node_modules/vite/bin/vite.js')
  if (!existsSync(vite)) return
  if (existsSync(built) && statSync(built).mtimeMs >= Math.max(...sources.map(newestMs))) return
  console.error('Building the console (some seconds, once)…')
  const { status } = spawnSync(workspaceNode(), [vite, 'build', '--logLevel', 'error'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status !== 0) console.error('The console could not be built; starting without it.')
}

/** When the file, or the newest below the folder, was changed. */
function newestMs(path) {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.mtimeMs
  return Math.max(0, ...readdirSync(path).map((name) => newestMs(join(path, name))))
}

function npm(npmArgs) {
  const options = { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] }
  const cli = process.env.npm_execpath
  if (cli && basename(cli) === 'npm-cli.js') {
    return spawnSync(process.execPath, [cli, ...npmArgs], options)
  }
  return spawnSync('npm', npmArgs, { ...options, shell: process.platform === 'win32' })
}

/** The pinned Node where there is one for this machine, else the system's, if it is not too old. */
function workspaceNode() {
  const system = process.platform === 'win32' ? 'win' : process.platform
  const packageName = `node-${system}-${process.arch}`
  const pin = readJson(join(root, 'package.json')).optionalDependencies[packageName]
  const file = join(modules, packageName, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (pin && existsSync(file)) {
    // Fails where the binary does not fit the machine, such as on musl.
    const { status, stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' })
    if (status === 0) {
      if (stdout.trim() === `v${pin}`) return file
      stop(`${file} is ${stdout.trim()}, but package.json pins v${pin}. Run npm ci.`)
    }
  }
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) {
    return process.execPath
  }
  return stop(
    `Node ${process.version} is too old: Kaimen needs ${oldestNode.join('.')} or later. The workspace brings ` +
      'its own for Linux (x64 and arm64, glibc) and Windows (x64), but that does not run here. ' +
      'Install Node 24 from https://nodejs.org, then run this again.',
  )
}

function run(node, nodeArgs) {
  const child = spawn(node, nodeArgs, { cwd: root, stdio: 'inherit' })
  const onTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the child as well, and a service manager may send to the whole
      // group: a child that is closing already is not to be hurried by a second signal.
      if (signal === 'SIGTERM' || !onTerminal) setTimeout(() => child.kill(signal), 300)
    })
  }
  if (process.env.npm_lifecycle_event) endWithParent(child)
  child.on('error', (error) => stop(`Could not start ${node}: ${error.message}`))
  child.on('exit', (code, signal) => {
    process.exit(code ?? 128 + (constants.signals[signal] ?? 0))
  })
}

/** Between npm and this stands a shell that does not hand on the signal it dies of. */
function endWithParent(child) {
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    child.kill('SIGTERM')
  }, 500)
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

function stop(message) {
  console.error(message)
  process.exit(1)
}
