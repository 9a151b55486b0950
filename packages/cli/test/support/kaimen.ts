/** Runs the command as an operator does: a process of its own, with an environment of its own. */
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** The child ends with whoever started it, however that one ended. */
const endWithParent =
  'data:text/javascript,process.on("disconnect",()=>process.exit(99));process.channel.unref()'

export type Environment = Record<string, string | undefined>

export type Running = {
  /** What was printed so far. */
  readonly stdout: () => string
  readonly stderr: () => string
  /** Waits until one of the two streams has `text`; fails when the process ends first. */
  readonly printed: (text: string) => Promise<void>
  readonly signal: (signal: NodeJS.Signals) => void
  readonly ended: Promise<Ended>
}

type Ended = {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** Starts `kaimen` with these arguments. It is killed when the test is over. */
export function runKaimen(args: readonly string[], env: Environment = {}, cwd = tmpdir()): Running {
  const child = spawn(
    process.execPath,
    ['--conditions=@kaimen/source', `--import=${endWithParent}`, main, ...args],
    {
      cwd,
      env: {
        PATH: process.env['PATH'],
        NO_COLOR: '1',
        KAIMEN_EMULATOR_TLS_PORT: '0',
        KAIMEN_DATA_DIR: join(cwd, `kaimen-data-${process.pid}`),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  )
  let stdout = ''
  let stderr = ''
  const watchers = new Set<() => void>()
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    for (const look of watchers) look()
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    for (const look of watchers) look()
  })
  const ended = once(child, 'close').then(([code, signal]): Ended => ({
    code,
    signal,
    stdout,
    stderr,
  }))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    signal: (signal) => void child.kill(signal),
    printed: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!stdout.includes(text) && !stderr.includes(text)) return
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
        look()
        void ended.then(({ code }) =>
          reject(new Error(`kaimen ended with ${code} before it printed "${text}":\n${stderr}`)),
        )
      }),
  }
}

/** A folder that is gone after the test. */
export async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kaimen-cli-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Ports that nobody listens on just now. */
export async function freePorts(count: number): Promise<string[]> {
  const taken = await Promise.all(Array.from({ length: count }, () => occupy()))
  await Promise.all(taken.map(({ release }) => release()))
  return taken.map(({ port }) => port)
}

/** Listens on a free port of this machine, to be in the way. */
export async function occupy(): Promise<{ port: string; release: () => Promise<void> }> {
  const server = createServer()
  // Below those that the system gives to whoever asks for any: nobody else takes it meanwhile.
  for (;;) {
    const port = randomInt(20_000, 32_000)
    server.listen(port, '127.0.0.1')
    try {
      await once(server, 'listening')
    } catch {
      continue
    }
    const release = async () => {
      server.close()
      await once(server, 'close')
    }
    return { port: String(port), release }
  }
}

/** Whether somebody listens there. */
export async function answers(port: string): Promise<boolean> {
  try {
    await fetch(`http://127.0.0.1:${port}/healthz`)
    return true
  } catch {
    return false
  }
}
