import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { taskset } from './pin.ts'

/** What a server's process has used so far, all threads together. */
interface Usage {
  readonly cpuMicroseconds: number
  readonly residentBytes: number
}

/** A server in a process of its own. */
export interface ServerProcess {
  readonly name: string
  readonly port: number
  /** Whether it asks a database in another process. */
  readonly usesDatabaseServer: boolean
  usage(): Promise<Usage>
  stop(): void
}

export interface Surroundings {
  readonly wechatUrl: string
  /** Each server has a folder in it. */
  readonly folder: string
  /** Where to pin servers; undefined leaves it to the system. */
  readonly core: number | undefined
}

/** The folder of one server. */
export function folderOf({ folder }: Surroundings, name: string): string {
  const own = join(folder, name.replaceAll(/\W+/g, '-'))
  mkdirSync(own, { recursive: true })
  return own
}

/**
 * @param databaseUrl An empty database, for those who use PostgreSQL.
 * @param nodeOptions Beside those of this process.
 */
export async function startServer(
  name: string,
  surroundings: Surroundings,
  databaseUrl = '',
  nodeOptions: readonly string[] = [],
): Promise<ServerProcess> {
  const { wechatUrl, core } = surroundings
  const node = [
    process.execPath,
    ...process.execArgv,
    ...nodeOptions,
    fileURLToPath(new URL('./serve.ts', import.meta.url)),
    name,
    wechatUrl,
    folderOf(surroundings, name),
    databaseUrl,
  ]
  const [command = '', ...args] = core === undefined ? node : [taskset, '-c', String(core), ...node]
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const { port } = await nextMessage<{ port: number }>(child, name)
  return {
    name,
    port,
    usesDatabaseServer: databaseUrl !== '',
    usage() {
      child.send('usage')
      return nextMessage<Usage>(child, name)
    },
    stop: () => child.connected && child.disconnect(),
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
