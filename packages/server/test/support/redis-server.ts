import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { isSkipped } from '../../../../tools/services/skip.ts'
import { freePort } from '../../../../tools/support/free-port.ts'

// Tests that start servers of their own name TEST_REDIS_URL here, so that redis-server is installed for them.

/** For `it.skipIf` of tests that start one. */
export const lacksRedis = isSkipped(
  'redis-server (Debian: redis-server)',
  spawnSync('redis-server', ['--version']).status === 0,
)

/** A redis-server of the test's own, which it may stop and hang as it likes. */
export type RedisServer = {
  readonly port: number
  readonly url: string
  /** After `kill`; what it held is lost. */
  start(): Promise<void>
  kill(): Promise<void>
  /** Takes connections and answers nothing, until `resume`. */
  hang(): void
  resume(): void
  close(): Promise<void>
}

export async function startRedis(
  settings: readonly string[] = [],
  { tls = false } = {},
): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'kaimen-redis-'))
  // A Cluster needs the one 10000 above too.
  const port = await freePort([10_000])
  let child: ChildProcess | undefined

  async function start() {
    const begun = spawn(
      'redis-server',
      [
        ...(tls ? ['--port', '0', '--tls-port'] : ['--port']),
        String(port),
        '--bind',
        '127.0.0.1',
        '--dir',
        folder,
      ]
        .concat(['--save', '', '--appendonly', 'no'])
        .concat(settings),
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    child = begun
    await new Promise<void>((resolve, reject) => {
      begun.on('error', reject)
      begun.on('exit', (code) => reject(new Error(`redis-server ended with ${code}`)))
      begun.stdout.on('data', (text: Buffer) => {
        if (text.includes('Ready to accept connections')) resolve()
      })
    })
  }

  async function kill() {
    const ending = child
    child = undefined
    if (ending?.exitCode !== null) return
    const exit = once(ending, 'exit')
    ending.kill('SIGKILL')
    await exit
  }

  await start()
  return {
    port,
    url: `${tls ? 'rediss' : 'redis'}://127.0.0.1:${port}`,
    start,
    kill,
    hang: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    async close() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Three masters that share the slots. */
export async function startRedisCluster() {
  const servers = await Promise.all(
    [0, 1, 2].map(() => startRedis(['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'])),
  )
  const clients = servers.map(({ port }) => new Redis({ port, host: '127.0.0.1' }))
  try {
    const bounds = [0, 5461, 10_923, 16_384]
    for (const [index, client] of clients.entries()) {
      const [first = 0, end = 0] = bounds.slice(index)
      await client.cluster('SET-CONFIG-EPOCH', index + 1)
      await client.cluster('ADDSLOTSRANGE', first, end - 1)
      await client.cluster('MEET', '127.0.0.1', servers[0]?.port ?? 0)
    }
    for (const client of clients) {
      while (!/cluster_state:ok[^]*cluster_known_nodes:3/.test(await client.cluster('INFO'))) {
        await setTimeout(50)
      }
    }
  } finally {
    for (const client of clients) client.disconnect()
  }
  return {
    servers,
    url: `redis://${servers.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    async close() {
      await Promise.all(servers.map((server) => server.close()))
    },
  }
}
