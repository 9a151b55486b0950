import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { freePort, start, until, type RunningProcess } from './child-process.ts'
import type { NodeOptions } from './node-process.ts'

/** One node of Kaimen: a process that can be killed, paused and started anew on its port. */
export type KaimenNode = {
  readonly name: string
  readonly url: string
  /** How often it was started. */
  starts(): number
  start(): Promise<void>
  signal(signal: NodeJS.Signals): void
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<void>
  isReady(): Promise<boolean>
  /** Ended by itself, which it never should. */
  hasDied(): boolean
  makeCredential(): Promise<string>
  lastOutput(): string
}

const script = fileURLToPath(new URL('./node-process.ts', import.meta.url))

export async function openNode(
  name: string,
  options: Omit<NodeOptions, 'port'>,
): Promise<KaimenNode> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let running: RunningProcess | undefined
  let starts = 0
  let isMeantToRun = false

  async function isReady() {
    try {
      return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok
    } catch {
      return false
    }
  }

  return {
    name,
    url,
    starts: () => starts,
    isReady,
    lastOutput: () => running?.lastOutput() ?? '',
    async start() {
      starts += 1
      isMeantToRun = true
      const node = start(
        process.execPath,
        ['--conditions=@kaimen/source', script, JSON.stringify({ ...options, port })],
        { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
      )
      running = node
      await until(isReady, {
        withinMs: 60_000,
        describe: () => `${name} is not ready: ${node.lastOutput()}`,
      })
    },
    signal: (signal) => void running?.child.kill(signal),
    hasDied: () =>
      isMeantToRun && (running?.child.exitCode !== null || running.child.signalCode !== null),
    async end(signal) {
      isMeantToRun = false
      await running?.end(signal)
    },
    async makeCredential() {
      if (!running) throw new Error(`${name} does not run`)
      const { child } = running
      child.send('credential')
      for (;;) {
        const [message] = (await once(child, 'message')) as [unknown]
        if (message instanceof Object && 'credential' in message) return String(message.credential)
      }
    },
  }
}
