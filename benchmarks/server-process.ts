import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { taskset } from './pin.ts'

/** A server in a process of its own. */
export interface ServerProcess {
  readonly name: string
  readonly port: number
  /** CPU time so far, in microseconds, of all its threads. */
  cpuMicroseconds(): Promise<number>
  stop(): void
}

/** @param core Where to pin it; undefined leaves it to the system. */
export async function startServer(
  name: string,
  { wechatUrl, folder, core }: { wechatUrl: string; folder: string; core: number | undefined },
): Promise<ServerProcess> {
  const ownFolder = join(folder, name)
  mkdirSync(ownFolder, { recursive: true })
  const node = [
    process.execPath,
    ...process.execArgv,
    fileURLToPath(new URL('./serve.ts', import.meta.url)),
    name,
    wechatUrl,
    ownFolder,
  ]
  const [command = '', ...args] = core === undefined ? node : [taskset, '-c', String(core), ...node]
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const { port } = await nextMessage<{ port: number }>(child, name)
  return {
    name,
    port,
    async cpuMicroseconds() {
      child.send('cpu')
      return (await nextMessage<{ cpuMicroseconds: number }>(child, name)).cpuMicroseconds
    },
    stop: () => child.disconnect(),
  }
}

function nextMessage<T>(child: ChildProcess, name: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const died = () => reject(new Error(`the server ${name} ended; its output is above`))
    child.once('exit', died)
    child.once('message', (message) => {
      child.off('exit', died)
      resolve(message as T)
    })
  })
}
