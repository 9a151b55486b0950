import { spawn, spawnSync, type ChildProcess, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'

export type RunningProcess = {
  readonly child: ChildProcess
  /** What it printed last, for when it ends by itself. */
  lastOutput(): string
  readonly ended: Promise<unknown>
  /** Sends a signal, and waits for the end. */
  end(signal: NodeJS.Signals): Promise<void>
}

const outputKept = 4_000

/** Starts a program, which is killed when this process ends, however it ends where Linux helps. */
export function start(
  command: string,
  args: readonly string[],
  { user, stdio = ['ignore', 'pipe', 'pipe'] }: { user?: string; stdio?: StdioOptions } = {},
): RunningProcess {
  const own = hasSetpriv()
    ? [
        '--pdeathsig',
        'KILL',
        ...(user ? [`--reuid=${user}`, `--regid=${user}`, '--init-groups'] : []),
      ]
    : []
  const child =
    own.length > 0
      ? spawn('setpriv', [...own, '--', command, ...args], { stdio })
      : spawn(command, args, { stdio })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-outputKept)
    })
  }
  child.on('error', (error) => (output += error.message))
  const ended = once(child, 'close').catch(() => undefined)
  const killWithUs = () => child.kill('SIGKILL')
  process.on('exit', killWithUs)
  void ended.then(() => process.off('exit', killWithUs))
  return {
    child,
    ended,
    lastOutput: () => output,
    async end(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      await ended
    },
  }
}

function hasSetpriv(): boolean {
  return process.platform === 'linux' && isInstalled('setpriv')
}

export function isInstalled(command: string): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0
}

/** A port that nobody listens on just now, below those that the system gives to whoever asks. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    server.close()
    if (isFree) return port
  }
}

export const sleep = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds))

/** Asks until it is so. @throws When it is not so in time, with what `describe` says. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  { withinMs, describe }: { withinMs: number; describe: () => string },
): Promise<void> {
  for (const deadline = Date.now() + withinMs; ; await sleep(50)) {
    if (await isSo()) return
    if (Date.now() > deadline) throw new Error(describe())
  }
}
