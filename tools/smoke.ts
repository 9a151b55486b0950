// Does what the README says: `npm start`, then its login, line for line, in both languages.

import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './support/free-port.ts'

const root = join(import.meta.dirname, '..')
const patienceSeconds = 120

const dataDir = mkdtempSync(join(tmpdir(), 'kaimen-smoke-'))
const [server, emulator, emulatorTls] = [await freePort(), await freePort(), await freePort()]
const child = spawn('npm', ['start'], {
  cwd: root,
  // A group of its own, so that nothing can be left running.
  detached: true,
  stdio: ['ignore', 'pipe', 'pipe'],
  env: {
    ...process.env,
    KAIMEN_PORT: String(server),
    KAIMEN_EMULATOR_PORT: String(emulator),
    KAIMEN_EMULATOR_TLS_PORT: String(emulatorTls),
    KAIMEN_DATA_DIR: dataDir,
  },
})
let log = ''
for (const stream of [child.stdout, child.stderr]) {
  stream.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
}

try {
  await untilReady()
  for (const readme of ['README.md', 'README.zh-CN.md']) login(readme)
  await stop()
} catch (error) {
  console.log(`npm start printed:\n${log}`)
  console.log(error)
  process.exitCode = 1
} finally {
  endGroup()
  rmSync(dataDir, { recursive: true, force: true })
}

/** Whatever is left of the group, npm itself or what it started. */
function endGroup() {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // Nothing is left.
  }
}

async function untilReady() {
  const beganMs = performance.now()
  for (;;) {
    const ready = await fetch(`http://127.0.0.1:${server}/readyz`).catch(() => undefined)
    const seconds = (performance.now() - beganMs) / 1000
    if (ready?.ok === true) return console.log(`npm start answers after ${seconds.toFixed(1)} s.`)
    if (child.exitCode !== null) throw new Error('npm start ended before it answered.')
    if (seconds > patienceSeconds) throw new Error(`No answer in ${patienceSeconds} s.`)
    await delay(100)
  }
}

/** Runs the login of a README on these ports, and reads the five replies that it prints. */
function login(readme: string) {
  const text = readFileSync(join(root, readme), 'utf8')
  const [, part = ''] = /<!-- first-login:(.*)<!-- \/first-login -->/s.exec(text) ?? []
  const blocks = [...part.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, lines]) => lines)
  const here = blocks.join('').replace(':4100', `:${server}`).replace(':4180', `:${emulator}`)
  const { stdout, stderr, status } = spawnSync('sh', ['-eu', '-c', here], { encoding: 'utf8' })
  const replies = stdout.trim().split('\n').map(parse)
  const [signedIn, me, tokens, revoked, refused] = replies
  const right =
    status === 0 &&
    replies.length === 5 &&
    signedIn?.status === 'signed_in' &&
    me?.id !== undefined &&
    tokens?.refresh_token !== undefined &&
    revoked !== undefined &&
    refused?.code === 'session_ended'
  if (!right) throw new Error(`${readme}: the login went wrong (${status}).\n${stdout}${stderr}`)
  console.log(`${readme}: signed in, refreshed and signed out.`)
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return undefined
  }
}

/** Ends npm alone, as a service manager may: the rest has to follow by itself. */
async function stop() {
  child.kill('SIGTERM')
  for (let tries = 0; tries < 100; tries += 1) {
    const alive = await fetch(`http://127.0.0.1:${server}/readyz`).catch(() => undefined)
    if (alive === undefined) return console.log('npm start ended, and left nothing running.')
    await delay(100)
  }
  throw new Error('The server outlived npm start by 10 s.')
}
